import { closeSync, fstatSync, openSync } from 'node:fs'
import { describe, expect, test, vi } from 'vitest'
import { createCounts } from '../../../src/counts.js'
import { createDeadlines } from '../../../src/transport/deadlines.js'
import type { Edge, EdgeHandler, NativeAddon } from '../../../src/transport/native-addon.js'
import { type EdgeClient, type EdgeDoor, NativeEdge } from '../../../src/transport/native-edge.js'
import { hasNativeEngine } from '../../helpers/engines.js'
import { watchedEvents } from '../../helpers/epoll.js'
import { startEdge } from '../../helpers/native-dials.js'
import { connectRaw } from '../../helpers/raw-peer.js'
import { waitFor } from '../../helpers/wait-for.js'

/** A native edge without sockets: what is called on it, and what it was given to call. */
function fakeAddon() {
  const calls: unknown[][] = []
  const told: { handler: EdgeHandler | undefined; replies: Buffer; elsewhere: Int32Array } = {
    handler: undefined,
    replies: Buffer.alloc(0),
    elsewhere: new Int32Array(1),
  }
  let nextId = 100
  class FakeEdge implements Edge {
    constructor(_established: Buffer, replies: Buffer, elsewhere: Int32Array, handler: EdgeHandler) {
      told.replies = replies
      told.elsewhere = elsewhere
      told.handler = handler
    }
    listen(ip: string, port: number) {
      calls.push(['listen', ip, port])
      return port === 1 ? -98 : ([7, 4_000] as const)
    }
    listenAt(descriptor: number) {
      calls.push(['listenAt', descriptor])
      return descriptor === 1 ? -22 : ([8, 4_001] as const)
    }
    connect() {
      return nextId++
    }
    ask(origin: number, octets: Buffer) {
      calls.push(['ask', origin, octets.toString()])
    }
    putBack(origin: number, octets: Buffer) {
      calls.push(['putBack', origin, octets.toString()])
    }
    splice(client: number) {
      return client !== 13
    }
    close(...args: unknown[]) {
      calls.push(['close', ...args])
    }
    detach() {
      return 33
    }
    takeOver() {
      return [34, Buffer.from('GET')] as const
    }
    localAddress() {
      return '127.0.0.1'
    }
    sweep() {
      calls.push(['sweep'])
    }
    setHeadLimit() {}
    setDescriptorCeilings(forClients: number, forPipes: number) {
      calls.push(['ceilings', forClients, forPipes])
    }
    descriptors() {
      return 12
    }
    takeTraffic(into: [number, number, number, number]) {
      into[0] = 3
      into[1] = 4
      into[2] = 1
      into[3] = 5
    }
    destroy() {
      calls.push(['destroy'])
    }
  }
  const addon: NativeAddon = { Edge: FakeEdge, openShared: () => -98, steerClients: () => -22, mapFile: () => -22 }
  return {
    addon,
    calls,
    told,
    /** As if an origin had answered so. */
    reply(origin: number, text: string) {
      told.handler?.onReply(origin, told.replies.write(text))
    },
    get handler() {
      if (told.handler === undefined) throw new Error('no edge was made')
      return told.handler
    },
  }
}

function clientOf(id: number) {
  const heard: unknown[][] = []
  const client: EdgeClient = {
    id,
    onPartial: () => heard.push(['partial']),
    onHead: (head) => heard.push(['head', head]),
    onHandOver: (fd) => heard.push(['handover', fd]),
    onGone: () => heard.push(['gone']),
    onEnded: (end) => heard.push(['ended', end.reason, end.bytesFromClient, end.bytesToClient]),
  }
  return { client, heard }
}

function setUp() {
  const fake = fakeAddon()
  const deadlines = createDeadlines(1_000, () => 0)
  const counts = createCounts()
  const onPaused = vi.fn()
  const descriptors = { ceiling: 960, clientCeiling: 832, here: 24 }
  const edge = new NativeEdge(fake.addon, { deadlines, counts, descriptors, onPaused })
  const { client, heard } = clientOf(5)
  const listening = edge.listen('127.0.0.1', 0, {
    accept: (id) => (id === 5 ? client : undefined),
    adopt: (...told) => heard.push(['adopt', ...told]),
  })
  return { ...fake, handler: fake.handler, deadlines, counts, edge, heard, listening, onPaused }
}

const closedDoor: EdgeDoor = { accept: () => undefined, adopt: () => {} }

describe('NativeEdge', () => {
  test('listens, or names the error', () => {
    const { edge, listening, calls } = setUp()
    expect(listening).toMatchObject({ port: 4_000 })
    if (typeof listening === 'object') listening.close()
    expect(calls.at(-1)).toEqual(['close', 7, false])
    expect(edge.listen('127.0.0.1', 1, closedDoor)).toBe('EADDRINUSE')
  })

  test('listens at what was inherited, and tells its clients apart from those of others', () => {
    const { edge, handler, calls, heard } = setUp()
    const { client, heard: heardThere } = clientOf(6)
    expect(edge.listenAt(4, { ...closedDoor, accept: () => client })).toMatchObject({ port: 4_001 })
    expect(calls.at(-1)).toEqual(['listenAt', 4])
    handler.onAccepted(6, '127.0.0.1', 1, 8)
    handler.onPartial(6)
    expect([heard, heardThere]).toEqual([[], [['partial']]])
    expect(edge.listenAt(1, closedDoor)).toBe('EINVAL')
  })

  test('is told where descriptors get short, and tells how many it has and when it takes no client', () => {
    const { edge, calls, told, handler, onPaused } = setUp()
    expect(calls).toContainEqual(['ceilings', 832, 960])
    expect(told.elsewhere[0]).toBe(24)
    edge.noteElsewhere(25)
    expect(told.elsewhere[0]).toBe(25)
    handler.onPaused()
    expect(onPaused).toHaveBeenCalledOnce()
    expect(edge.descriptors).toBe(12)
    const unlimited = fakeAddon()
    new NativeEdge(unlimited.addon, {
      deadlines: createDeadlines(1_000, () => 0),
      counts: createCounts(),
      descriptors: { ceiling: Number.POSITIVE_INFINITY, clientCeiling: Number.POSITIVE_INFINITY, here: 24 },
      onPaused,
    })
    expect(unlimited.calls).toEqual([])
  })

  test('tells each client what is its own, until it is over', () => {
    const { handler, heard } = setUp()
    handler.onAccepted(5, '127.0.0.1', 1, 7)
    handler.onPartial(5)
    handler.onHead(5, 'CONNECT')
    // the same place in the table, another socket
    handler.onHead(5 + (1 << 20), 'not his')
    handler.onGone(5)
    handler.onGone(5)
    expect(heard).toEqual([['partial'], ['head', 'CONNECT'], ['gone']])
  })

  test('a client that has spoken goes to its listener with its descriptor', () => {
    const { handler, heard } = setUp()
    handler.onArrived(33, Buffer.from('GET'), '127.0.0.1', 1, 7)
    expect(heard).toEqual([['adopt', 33, Buffer.from('GET'), '127.0.0.1', 1]])
  })

  test('a client of a listener that is closed is closed', () => {
    const { handler, calls } = setUp()
    handler.onAccepted(6, '127.0.0.1', 1, 99)
    expect(calls.at(-1)).toEqual(['close', 6, true])
    const descriptor = openSync('/dev/null', 'r')
    handler.onArrived(descriptor, Buffer.from('GET'), '127.0.0.1', 1, 99)
    expect(() => fstatSync(descriptor)).toThrow('EBADF')
  })

  test('a client that was detached hears no more', () => {
    const { handler, heard, edge } = setUp()
    handler.onAccepted(5, '127.0.0.1', 1, 7)
    expect(edge.detach(5)).toBe(33)
    handler.onGone(5)
    handler.onAccepted(5, '127.0.0.1', 1, 7)
    expect(edge.takeOver(5)).toEqual([34, Buffer.from('GET')])
    handler.onGone(5)
    expect(heard).toEqual([])
  })

  test('tells of an attempt to connect once: a connection, an error by its name, or nothing when it is abandoned', () => {
    const { handler, edge, calls } = setUp()
    const heard: unknown[] = []
    const observer = {
      onConnect: (attempt: number, id: number) => heard.push([attempt, id]),
      onError: (attempt: number, error: unknown) => heard.push([attempt, (error as NodeJS.ErrnoException).code]),
    }
    edge.connect({ ip: '127.0.0.1', port: 1, localAddress: '127.0.0.9' }, 0, observer)
    edge.connect({ ip: '127.0.0.1', port: 1, localAddress: '127.0.0.9' }, 1, observer)
    edge.connect({ ip: '127.0.0.1', port: 1, localAddress: '127.0.0.9' }, 3, {
      ...observer,
      onError: (attempt, error) => heard.push([attempt, error]),
    })
    const abandon = edge.connect({ ip: '127.0.0.1', port: 1, localAddress: '127.0.0.9' }, 2, observer)
    handler.onConnected(100)
    handler.onConnected(100)
    handler.onFailed(101, 111)
    handler.onFailed(102, -99)
    abandon()
    abandon()
    handler.onConnected(103)
    expect(heard).toEqual([
      [0, 100],
      [1, 'ECONNREFUSED'],
      [3, expect.objectContaining({ syscall: 'bind', code: 'EADDRNOTAVAIL', address: '127.0.0.9' })],
    ])
    expect(calls.filter(([what]) => what === 'close')).toEqual([['close', 103, false]])
  })

  describe('a conversation with a proxy on the way', () => {
    function talk() {
      const { edge, reply, calls } = setUp()
      const heard: string[] = []
      const conversation = edge.converse(
        100,
        (octets) => heard.push(octets.toString()),
        () => heard.push('lost'),
      )
      return { reply, calls, heard, conversation }
    }

    test('says and hears, and puts back what is not the proxy’s', () => {
      const { reply, calls, heard, conversation } = talk()
      conversation.say(Buffer.from('greeting'))
      reply(100, 'half')
      // the same place in the table, another socket
      reply(100 + (1 << 20), 'not his')
      conversation.say()
      reply(100, 'restearly')
      conversation.stop(Buffer.from('early'))
      reply(100, 'late')
      expect(heard).toEqual(['half', 'restearly'])
      expect(calls.slice(-3)).toEqual([
        ['ask', 100, 'greeting'],
        ['ask', 100, ''],
        ['putBack', 100, 'early'],
      ])
    })

    test('ends with the connection, once', () => {
      const { reply, calls, heard, conversation } = talk()
      reply(100, '')
      reply(100, '')
      conversation.stop()
      expect(heard).toEqual(['lost'])
      expect(calls.some(([what]) => what === 'putBack')).toBe(false)
    })
  })

  test('tells when an origin has closed: by itself, or with the tunnel it became part of', () => {
    const { handler, edge, calls } = setUp()
    const closed: number[] = []
    for (const origin of [100, 101]) edge.onClosed(origin, () => closed.push(origin))
    edge.destroy(100)
    expect(calls.at(-1)).toEqual(['close', 100, false])
    handler.onAccepted(5, '127.0.0.1', 1, 7)
    edge.splice(5, 101, 1_000, 9_000)
    expect(closed).toEqual([100])
    handler.onEnded(5, 0, 0, 0)
    handler.onEnded(5, 0, 0, 0)
    expect(closed).toEqual([100, 101])
  })

  test('is swept while there are tunnels, and says how each ended', () => {
    const { handler, edge, deadlines, counts, heard, calls } = setUp()
    handler.onAccepted(5, '127.0.0.1', 1, 7)
    expect(edge.splice(13, 100, 1_000, 9_000)).toBe(false)
    expect(deadlines.size).toBe(0)
    expect(edge.splice(5, 100, 1_000, 9_000)).toBe(true)
    expect(deadlines.size).toBe(1)
    edge.expire()
    expect(calls.at(-1)).toEqual(['sweep'])
    handler.onEnded(5, 2, 10, 20)
    expect(heard).toEqual([['ended', 'origin-reset', 10, 20]])
    expect(deadlines.size).toBe(0)
    // as they pass, at each sweep, and when a tunnel ends
    expect([counts.bytesFromClient, counts.bytesToClient, counts.limits.bufferBytes]).toEqual([6, 8, 2])
    expect(counts.limits.descriptors).toBe(10)
  })
})

test.runIf(hasNativeEngine)(
  'while clients wait, a listener may close, and one that opens waits with the others',
  async () => {
    const onPaused = vi.fn()
    const edge = startEdge({ ceiling: 1_000_000, clientCeiling: 1_000_000, here: 1_000_000 }, onPaused)
    const taken: number[] = []
    const openListener = () => {
      const door: EdgeDoor = {
        accept(id) {
          taken.push(port)
          edge.close(id, false)
          return undefined
        },
        adopt: closeSync,
      }
      const listening = edge.listen('127.0.0.1', 0, door)
      if (typeof listening === 'string') throw new Error(listening)
      const { port } = listening
      return listening
    }
    const [first, closing] = [openListener(), openListener()]
    const client = await connectRaw(first.port)
    await waitFor(() => expect(onPaused).toHaveBeenCalled())
    const watched = watchedEvents().length
    const later = openListener()
    expect(watchedEvents()).toHaveLength(watched)
    const other = await connectRaw(later.port)
    closing.close()
    const told = onPaused.mock.calls.length
    await waitFor(() => expect(onPaused.mock.calls.length).toBeGreaterThan(told))
    expect(taken).toEqual([])

    edge.noteElsewhere(0)
    await waitFor(() => expect(taken.sort()).toEqual([first.port, later.port].sort()))
    for (const peer of [client, other]) peer.close()
  },
)
