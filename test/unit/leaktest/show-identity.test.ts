import { expect, onTestFinished, test } from 'vitest'
import { mergeSettings } from '../../../src/config/settings.js'
import { showIdentity } from '../../../src/leaktest/show-identity.js'
import { openOutside } from '../../../src/leaktest/stage.js'
import { answering, ok, startRawOrigin } from '../../helpers/raw-origin.js'

const VISIT = { host: 'a.example', client: '127.0.0.1' }
const PLACES = [
  { where: 'up hop 1', isolation: 'site', isUnique: true },
  { where: 'origin', isolation: 'site', isUnique: false },
] as const

async function outside() {
  const opened = await openOutside(
    mergeSettings({
      upstreams: { up: { hops: ['socks5h://p.example:1'], tor: false, isolate: 'site' } },
      route: [{ match: ['*'], via: 'up', anonymous: false }],
    }),
  )
  onTestFinished(() => opened.close())
  return opened
}

test('of what comes by nothing, nothing is shown', async () => {
  const { port } = await startRawOrigin(answering(ok('x')))
  expect(await showIdentity({ port, timeoutMs: 15_000 }, await outside(), VISIT, PLACES)).toEqual({
    visit: VISIT,
    marks: { 'up hop 1': undefined, origin: undefined },
  })
})

test('at the origin browser, language and address are', async () => {
  const opened = await outside()
  const shown = await showIdentity({ port: opened.http.port, timeoutMs: 15_000 }, opened, VISIT, PLACES)
  expect(shown.marks).toEqual({
    'up hop 1': undefined,
    origin: expect.stringMatching(/^127\.0\.0\.1 Mozilla\/5\.0 .* de-CH,/),
  })
})
