// Small exchanges, each counted when its whole body has come: on kept connections, on a new one each, through a tunnel each.
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'

const BODY_BYTES = 1024
/** What a browser sends with a subresource. */
const FIELDS =
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nAccept: */*\r\n' +
  'Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate\r\nReferer: http://127.0.0.1/page\r\n' +
  'Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nDNT: 1\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n'

/**
 * Keeps so many exchanges under way until the process ends.
 *
 * @param {import('../load.mjs').Task} task
 * @param {{ units: number, errors: number, latencies: number[] }} counted
 */
export function runUnits(task, counted) {
  for (let i = 0; i < task.connections; i++) exchange(task, counted)
}

/** As small as a message of SOCKS5 nearly. */
const SMALL = 'HEAD / HTTP/1.1\r\n\r\n'

function exchange(task, counted) {
  const { mode, proxy, http, exchanges = 1 } = task
  const origin = `127.0.0.1:${http}`
  const isTunnel = mode === 'connect'
  const isKept = mode === 'get'
  const get =
    `GET ${isTunnel ? '' : `http://${origin}`}/ HTTP/1.1\r\nHost: ${origin}\r\n${FIELDS}` +
    `Connection: ${isKept ? 'keep-alive' : 'close'}\r\n\r\n`
  const socket = connect({ port: proxy, host: '127.0.0.1', noDelay: true })
  let began = performance.now()
  let text = ''
  let isOpen = !isTunnel
  let smallLeft = exchanges - 1

  socket.write(isTunnel ? `CONNECT ${origin} HTTP/1.1\r\nHost: ${origin}\r\n\r\n` : get)
  socket.on('data', (bytes) => {
    text += bytes.latin1Slice()
    const end = text.indexOf('\r\n\r\n')
    if (end === -1) return
    if (text.slice(8, 12) !== ' 200') return socket.destroy(new Error('refused'))
    if (!isOpen) {
      isOpen = true
      text = text.slice(end + 4)
      ask()
      return
    }
    if (smallLeft > 0) {
      smallLeft--
      text = ''
      ask()
      return
    }
    if (text.length - end - 4 < BODY_BYTES) return
    counted.units++
    counted.latencies.push(performance.now() - began)
    text = ''
    if (!isKept) return socket.destroy()
    began = performance.now()
    ask()
  })
  socket.on('error', () => {
    counted.errors++
  })
  socket.on('close', () => exchange(task, counted))

  function ask() {
    socket.write(smallLeft > 0 ? SMALL : get)
  }
}
