// What a header profile costs: CPU time of the header stage (third party or not, tracking parameters, the head for the
// origin) for one request, by profile, and how much more that is than `off`. Reading the head, which costs the same under
// every profile, is measured beside it. Figures for people, no thresholds: `npm run bench:headers` (1,000,000 runs each).

import { compileRules } from '../dist/compile-rules.js'
import { mergeSettings } from '../dist/config/settings.js'
import { createRequestHead, parseRequestHead } from '../dist/http/request-head.js'
import { compilePolicy } from '../dist/pipeline/compile-policy.js'
import { createExchange } from '../dist/pipeline/exchange.js'
import { parseTargetStage } from '../dist/pipeline/stages/parse-target.js'
import { scrubRequestStage } from '../dist/pipeline/stages/scrub-request.js'

const RUNS = Number(process.argv[2] ?? 1_000_000)
const ROUNDS = 5
const PROFILES = ['off', 'standard', 'strict', 'paranoid']
const RULES = compileRules([])
const SURROUNDINGS = { listening: [], localAddresses: [] }

const BROWSER = [
  'Proxy-Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="156", "Not)A;Brand";v="8"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'DNT: 1',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'Referer: http://www.example.test/page?id=7',
  'Accept-Encoding: gzip, deflate',
  'Accept-Language: de-CH,de;q=0.9,en;q=0.8',
  'Cookie: session=0123456789abcdef; theme=dark',
]
const HEADS = {
  'a page of a browser': ['GET http://www.example.test/a/page?id=8&sort=date', ...BROWSER],
  'an image of another site': [
    'GET http://img.other.test/pixel.gif?u=1&utm_source=news&gclid=abcdef',
    ...BROWSER.filter((line) => !line.startsWith('Upgrade')),
    'If-None-Match: "0123456789"',
    'X-Forwarded-For: 10.0.0.1',
    'X-Requested-With: com.example.app',
  ],
  'a style sheet of a sister host': [
    'GET http://static.example.test/a.css?v=3',
    ...BROWSER.filter((line) => !line.startsWith('Upgrade')),
  ],
  curl: ['GET http://www.example.test/', 'User-Agent: curl/7.88.1', 'Accept: */*', 'Proxy-Connection: Keep-Alive'],
}
/** As long as a configuration may well be: 500 names and prefixes, 50 of them for single hosts. */
const LONG = {
  remove: Array.from({ length: 300 }, (_, i) => `x-company-${i}${i % 3 === 0 ? '-*' : ''}`),
  keep: Array.from({ length: 150 }, (_, i) => `x-kept-${i}`),
  perHost: Array.from({ length: 50 }, (_, i) => ({ match: [`.h${i}.test`], remove: [`x-host-${i}`] })),
}

console.log(`node ${process.version}, ${RUNS} runs, median of ${ROUNDS} rounds; µs of CPU a request\n`)
for (const [title, lines] of Object.entries(HEADS)) {
  const variants = [
    ...PROFILES.map((profile) => [profile, { profile }]),
    ['paranoid, long', { profile: 'paranoid', ...LONG }],
  ]
  const stages = variants.map(([name, headers]) => [name, stageOf(lines, headers)])
  const costs = stages.map(() => [])
  // rounds go through all of them in turn: what else the machine does then hits each alike
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, [, { run }]] of stages.entries()) {
      const cost = cpuOf(run, round < 0 ? RUNS / 10 : RUNS)
      if (round >= 0) costs[i].push(cost)
    }
  }
  const medians = costs.map((list) => list.sort((a, b) => a - b)[ROUNDS >> 1])
  console.log(`${title}, ${lines.length - 1} fields`)
  for (const [i, [name]] of stages.entries()) {
    const more = medians[i] - medians[0]
    console.log(
      `  ${name.padEnd(16)}${medians[i].toFixed(2)}  ${i === 0 ? '' : `${more < 0 ? '' : '+'}${more.toFixed(2)}`}`,
    )
  }
  const reading = [stages[0], stages.at(-1)].map(([, { read }]) => cpuOf(read, RUNS / 10) && cpuOf(read, RUNS))
  console.log(`  (reading the head: ${reading[0].toFixed(2)} under off, ${reading[1].toFixed(2)} under the long one)\n`)
}

/** Two requests in turn, from pages of different hosts: nothing is known from the request before. */
function stageOf([line, ...fields], headers) {
  const config = mergeSettings({ headers })
  const policy = compilePolicy(config, RULES, SURROUNDINGS)
  const text = `${[`${line} HTTP/1.1`, 'Host: x', ...fields].join('\r\n')}\r\n`
  const exchanges = [text, text.replace('Referer: http://www.', 'Referer: http://m.')].map((one) => {
    const head = createRequestHead(config.limits)
    if (!parseRequestHead(one, config.limits, policy.headers.request.table, head)) throw new Error(head.detail)
    const exchange = createExchange({ id: '', startedAt: 0, client: { ip: '127.0.0.1', port: 1 }, policy, head })
    parseTargetStage(exchange)
    return exchange
  })
  const spare = createRequestHead(config.limits)
  const read = () => parseRequestHead(text, config.limits, policy.headers.request.table, spare)
  const out = Buffer.alloc(65_536)
  let turn = 0
  const run = () => {
    turn ^= 1
    const exchange = exchanges[turn]
    exchange.headersRemoved = []
    scrubRequestStage(exchange)
    // what was put together is copied once more when it is written, so that counts too
    return out.latin1Write(exchange.requestHead, 0)
  }
  return { run, read }
}

function cpuOf(run, runs) {
  const before = process.cpuUsage()
  for (let i = 0; i < runs; i++) run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / runs
}
