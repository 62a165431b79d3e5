import { closeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import { CONNECTION_ESTABLISHED } from '../../src/answers/local.js'
import { createCounts } from '../../src/counts.js'
import { createDeadlines } from '../../src/transport/deadlines.js'
import type { NativeAddon, SocketId } from '../../src/transport/native-addon.js'
import { NativeEdge } from '../../src/transport/native-edge.js'
import type { Dial } from '../../src/upstream/dial.js'

const PLENTY = { ceiling: Number.POSITIVE_INFINITY, clientCeiling: Number.POSITIVE_INFINITY, here: 0 }

/** A native edge by itself, closed when the test ends. */
export function startEdge(descriptors = PLENTY, onPaused = () => {}): NativeEdge {
  const addon: NativeAddon = createRequire(import.meta.url)('../../native/build/Release/veilgate.node')
  const deadlines = createDeadlines(1_000, () => performance.now())
  const edge = new NativeEdge(addon, { deadlines, counts: createCounts(), descriptors, onPaused })
  onTestFinished(() => edge.shutDown())
  return edge
}

/** A dial of the edge as one of sockets: what it hands out is the far end of a client whose tunnel leads to the target. */
export function asSocketDial(edge: NativeEdge, dial: Dial<SocketId>): Dial {
  /** What becomes of a client, by its port. */
  const heads = new Map<number, (id: SocketId) => void>()
  const listening = edge.listen('127.0.0.1', 0, {
    accept: (id, _ip, port) => ({
      id,
      onPartial() {},
      onHead: () => heads.get(port)?.(id),
      onHandOver() {},
      onGone() {},
      onEnded() {},
    }),
    adopt: (fd) => closeSync(fd),
  })
  if (typeof listening === 'string') throw new Error(listening)
  const { port } = listening

  return function socketDial(request, done) {
    let giveUp = () => {}
    const cancel = dial(request, (error, origin, timing) => {
      if (origin === null) {
        done(error, null, timing)
        return
      }
      let isTunnel = false
      const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true }, () => {
        const own = socket.localPort ?? 0
        heads.set(own, (id) => {
          heads.delete(own)
          isTunnel = edge.splice(id, origin, 60_000, 600_000)
        })
        socket.write('CONNECT a.test:1 HTTP/1.1\r\n\r\n')
      })
      socket.on('error', () => {})
      socket.on('readable', function onReadable() {
        if (socket.read(CONNECTION_ESTABLISHED.length) === null) return
        socket.off('readable', onReadable)
        giveUp = () => {}
        done(null, socket, timing)
      })
      giveUp = () => {
        heads.delete(socket.localPort ?? 0)
        socket.destroy()
        if (!isTunnel) edge.close(origin, true)
      }
    })
    return () => {
      cancel()
      giveUp()
    }
  }
}
