// What is measured, and how it is shown.

/**
 * @typedef {object} Figure
 * @property {string} name its key in the baseline
 * @property {string} head of its column
 * @property {{ mode: string, connections: number, way?: import('./measure.mjs').Way, exchanges?: number, warmUpSeconds?: number }} task
 * @property {string} field of what measure() returns
 * @property {(value: number) => string} format
 * @property {boolean} [isTime] of the wall clock or memory that peers do not share: no ratio is kept
 */

const MEBIBYTE = 1_048_576
/** Through something on the way a second makes a few thousand tunnels: V8 still compiles then, which is no cost of a tunnel. */
const RELAYED = { mode: 'connect', connections: 16, way: 'relay', warmUpSeconds: 6 }
/** A small exchange before the request: two sends, two reads and two wake-ups more, as many as the handshake of SOCKS5 takes. */
const TALK = { ...RELAYED, exchanges: 2 }

/** @type {readonly Figure[]} */
export const FIGURES = [
  figure('get', 'GET µs', { mode: 'get', connections: 32 }, 'usPerUnit', us),
  figure('getClose', 'GET close µs', { mode: 'get-close', connections: 16 }, 'usPerUnit', us),
  figure('connect', 'CONNECT µs', { mode: 'connect', connections: 16 }, 'usPerUnit', us),
  figure('connectRelay', 'relayed µs', RELAYED, 'usPerUnit', us),
  figure('connectTalk', 'and two round trips µs', TALK, 'usPerUnit', us),
  figure('connectVia', 'via SOCKS5 µs', { ...RELAYED, way: 'socks' }, 'usPerUnit', us),
  figure('down', 'down s/GiB', { mode: 'down', connections: 8 }, 'secondsPerGib', seconds),
  figure('downRelay', 'down relayed s/GiB', { mode: 'down', connections: 8, way: 'relay' }, 'secondsPerGib', seconds),
  figure('downVia', 'down via SOCKS5 s/GiB', { mode: 'down', connections: 8, way: 'socks' }, 'secondsPerGib', seconds),
  figure('up', 'up s/GiB', { mode: 'up', connections: 8 }, 'secondsPerGib', seconds),
  figure('idle', 'idle KiB/tunnel', { mode: 'idle', connections: 2_000 }, 'bytesPerTunnel', (b) =>
    (b / 1024).toFixed(1),
  ),
  figure('start', 'start ms', { mode: 'start', connections: 0 }, 'startMs', (ms) => ms.toFixed(0)),
  figure('resting', 'MiB', { mode: 'start', connections: 0 }, 'restingBytes', (b) => (b / MEBIBYTE).toFixed(0)),
]

function figure(name, head, task, field, format) {
  return { name, head, task, field, format }
}

function us(value) {
  return value < 100 ? value.toFixed(1) : value.toFixed(0)
}

function seconds(value) {
  return value.toFixed(2)
}
