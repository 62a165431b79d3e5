import { describe, expect, test } from 'vitest'
import { formatSquid } from '../../../../src/observe/formats/squid.js'
import { BLOCKED, recordOf } from '../records.js'

const tunnel = { form: 'authority', path: '' } as const

/** Lines that Squid 5.7 wrote for the same exchange with `access_log … squid` (docs/logs.md). */
const OBSERVED = [
  [
    'a query keeps its question mark',
    recordOf({ target: { path: '/a', hadQuery: true } }),
    '1795476154.847      2 127.0.0.1 TCP_MISS/200 285 GET http://127.0.0.1:43080/a? - HIER_DIRECT/127.0.0.1 text/html',
  ],
  [
    'no content type',
    recordOf({
      ts: 1795476154855,
      ms: { total: 43 },
      target: { path: '/noct' },
      bytes: { toClient: 245 },
      contentType: '',
    }),
    '1795476154.898     43 127.0.0.1 TCP_MISS/200 245 GET http://127.0.0.1:43080/noct - HIER_DIRECT/127.0.0.1 -',
  ],
  [
    'a blocked request',
    recordOf({
      ...BLOCKED,
      target: { ...BLOCKED.target, hadQuery: true },
      ts: 1795476154963,
      ms: { total: 0 },
      bytes: { toClient: 3441 },
    }),
    '1795476154.963      0 127.0.0.1 TCP_DENIED/403 3441 GET http://blocked.test/x? - HIER_NONE/- text/html',
  ],
  [
    'a blocked CONNECT',
    recordOf({
      ...BLOCKED,
      ts: 1795476154970,
      ms: { total: 0 },
      method: 'CONNECT',
      target: { ...tunnel, host: 'blocked.test', port: 443, ip: null },
      bytes: { toClient: 3441 },
    }),
    '1795476154.970      0 127.0.0.1 TCP_DENIED/403 3441 CONNECT blocked.test:443 - HIER_NONE/- text/html',
  ],
  [
    'a tunnel',
    recordOf({
      ts: 1795476154976,
      ms: { total: 1 },
      method: 'CONNECT',
      target: tunnel,
      bytes: { toClient: 195 },
      contentType: '',
    }),
    '1795476154.977      1 127.0.0.1 TCP_TUNNEL/200 195 CONNECT 127.0.0.1:43080 - HIER_DIRECT/127.0.0.1 -',
  ],
  [
    'an origin that refuses',
    recordOf({
      ts: 1795476154983,
      ms: { total: 1 },
      target: { port: 43999, path: '/refused' },
      status: 503,
      bytes: { toClient: 3476 },
      error: 'VG_ORIGIN_REFUSED',
    }),
    '1795476154.984      1 127.0.0.1 TCP_MISS/503 3476 GET http://127.0.0.1:43999/refused - HIER_DIRECT/127.0.0.1 text/html',
  ],
  [
    'a tunnel that cannot be dialed',
    recordOf({
      ts: 1795476154990,
      ms: { total: 0 },
      method: 'CONNECT',
      target: { ...tunnel, port: 43999 },
      status: 503,
      bytes: { toClient: 0 },
      error: 'VG_ORIGIN_REFUSED',
      contentType: '',
    }),
    '1795476154.990      0 127.0.0.1 NONE_NONE/503 0 CONNECT 127.0.0.1:43999 - HIER_DIRECT/127.0.0.1 -',
  ],
  [
    'a name that does not resolve',
    recordOf({
      ts: 1795476154995,
      target: { host: 'nx.invalid', port: 80, path: '/dns', ip: null },
      egress: null,
      status: 502,
      bytes: { toClient: 3428 },
      error: 'VG_DNS_ERROR',
    }),
    '1795476154.997      2 127.0.0.1 TCP_MISS/502 3428 GET http://nx.invalid/dns - HIER_NONE/- text/html',
  ],
  [
    'a client that left before the answer',
    recordOf({
      ts: 1795476155009,
      ms: { total: 1002 },
      target: { path: '/hang' },
      status: 0,
      bytes: { toClient: 0 },
      error: 'client_aborted',
      contentType: '',
    }),
    '1795476156.011   1002 127.0.0.1 TCP_MISS_ABORTED/000 0 GET http://127.0.0.1:43080/hang - HIER_DIRECT/127.0.0.1 -',
  ],
  [
    'a client that left in the middle of the answer',
    recordOf({
      ts: 1795476156017,
      ms: { total: 1002 },
      target: { path: '/slow' },
      bytes: { toClient: 331 },
      error: 'client_aborted',
    }),
    '1795476157.019   1002 127.0.0.1 TCP_MISS_ABORTED/200 331 GET http://127.0.0.1:43080/slow - HIER_DIRECT/127.0.0.1 text/html',
  ],
  [
    'garbage',
    recordOf({
      ts: 1795476194288,
      ms: { total: 0 },
      method: 'GARBAGE',
      target: { form: 'invalid', host: '', port: 0, path: '', ip: null },
      decision: { action: 'block', reason: 'malformed' },
      egress: null,
      status: 400,
      bytes: { toClient: 3404 },
    }),
    '1795476194.288      0 127.0.0.1 NONE_NONE/400 3404 GARBAGE error:invalid-request - HIER_NONE/- text/html',
  ],
  [
    'a request for the proxy itself',
    recordOf({
      ts: 1795476194390,
      ms: { total: 0 },
      target: { form: 'origin', host: '', port: 0, path: '/', ip: null },
      decision: { action: 'block', reason: 'malformed' },
      egress: null,
      status: 400,
      bytes: { toClient: 3584 },
    }),
    '1795476194.390      0 127.0.0.1 NONE_NONE/400 3584 GET / - HIER_NONE/- text/html',
  ],
  [
    'a head that never ended',
    recordOf({
      ts: 1795476195508,
      ms: { total: 0 },
      method: '',
      target: { form: 'invalid', host: '', port: 0, path: '', ip: null },
      decision: { action: 'block', reason: 'malformed' },
      egress: null,
      status: 0,
      bytes: { toClient: 0 },
      contentType: '',
    }),
    '1795476195.508      0 127.0.0.1 NONE_NONE/000 0 - error:transaction-end-before-headers - HIER_NONE/- -',
  ],
  [
    'a target that is too long',
    recordOf({
      ts: 1795476204356,
      ms: { total: 0 },
      target: { form: 'invalid', host: '', port: 0, path: '', ip: null },
      decision: { action: 'block', reason: 'malformed' },
      egress: null,
      status: 414,
      bytes: { toClient: 3640 },
      error: 'VG_URI_TOO_LONG',
    }),
    '1795476204.356      0 127.0.0.1 NONE_NONE/414 3640 GET error:request-too-large - HIER_NONE/- text/html',
  ],
  [
    'an IPv6 origin: brackets in the URL, none behind HIER_DIRECT',
    recordOf({
      ts: 1795476195813,
      ms: { total: 3 },
      target: { host: '::1', path: '/x', ip: '::1' },
      status: 503,
      bytes: { toClient: 3445 },
    }),
    '1795476195.816      3 127.0.0.1 TCP_MISS/503 3445 GET http://[::1]:43080/x - HIER_DIRECT/::1 text/html',
  ],
  [
    'an IPv6 tunnel',
    recordOf({
      ts: 1795476196226,
      ms: { total: 0 },
      method: 'CONNECT',
      target: { ...tunnel, host: '::1', ip: '::1' },
      status: 503,
      bytes: { toClient: 0 },
      contentType: '',
    }),
    '1795476196.226      0 127.0.0.1 NONE_NONE/503 0 CONNECT [::1]:43080 - HIER_DIRECT/::1 -',
  ],
  [
    'the default port, which is not written',
    recordOf({
      ts: 1795476195918,
      ms: { total: 1 },
      target: { host: 'localhost', port: 80, path: '/x' },
      status: 503,
      bytes: { toClient: 3447 },
    }),
    '1795476195.919      1 127.0.0.1 TCP_MISS/503 3447 GET http://localhost/x - HIER_DIRECT/127.0.0.1 text/html',
  ],
  [
    'a TRACE answered here',
    recordOf({
      ts: 1795476196633,
      ms: { total: 0 },
      method: 'TRACE',
      target: { path: '/x', ip: null },
      decision: { reason: 'local' },
      egress: null,
      bytes: { toClient: 349 },
      contentType: 'message/http',
    }),
    '1795476196.633      0 127.0.0.1 NONE_NONE/200 349 TRACE http://127.0.0.1:43080/x - HIER_NONE/- message/http',
  ],
  [
    'a WebSocket',
    recordOf({
      ts: 1795476369836,
      ms: { total: 301 },
      target: { port: 43081, path: '/ws' },
      status: 101,
      bytes: { toClient: 2 },
      contentType: '',
    }),
    '1795476370.137    301 127.0.0.1 TCP_TUNNEL/101 2 GET http://127.0.0.1:43081/ws - HIER_DIRECT/127.0.0.1 -',
  ],
  [
    'a quote in the path, raw as Squid leaves it outside of quotes',
    recordOf({ ts: 1795476194491, ms: { total: 2 }, target: { path: '/a%20b"c' }, bytes: { toClient: 280 } }),
    '1795476194.493      2 127.0.0.1 TCP_MISS/200 280 GET http://127.0.0.1:43080/a%20b"c - HIER_DIRECT/127.0.0.1 text/html',
  ],
  [
    'brackets and a backslash in the path',
    recordOf({
      ts: 1795476194595,
      ms: { total: 0 },
      target: { path: '/a<c>[d]|{}^`\\x' },
      bytes: { toClient: 275 },
      error: 'client_aborted',
    }),
    '1795476194.595      0 127.0.0.1 TCP_MISS_ABORTED/200 275 GET http://127.0.0.1:43080/a<c>[d]|{}^`\\x - HIER_DIRECT/127.0.0.1 text/html',
  ],
] as const

describe('squid format', () => {
  test.each(OBSERVED)("is Squid's line for %s", (_what, record, line) => {
    expect(formatSquid(record)).toBe(line)
  })

  test('a user name stands where Squid puts it, escaped', () => {
    expect(formatSquid(recordOf({ client: { user: 'al ice' } }))).toContain(' al%20ice HIER_DIRECT/')
  })
})
