import { expect, test } from 'vitest'
import { AGENTS, DISGUISES, disguiseAt, disguisedAgent, LANGUAGE } from '../../../src/http/disguise.js'

const agentOf = (family: string) => AGENTS.find((row) => row.family === family)?.agent

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36', 'Windows'],
  ['Mozilla/5.0 (Windows NT 6.1; rv:52.0) Gecko/20100101 Firefox/52.0', 'Windows'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15', 'macOS'],
  ['CFNetwork/1410 Darwin/22.6.0', 'macOS'],
  ['Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Linux'],
  ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36', 'Linux'],
  ['Wget/1.21.3 (linux-gnu)', 'Linux'],
  ['Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36', 'Android'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1', 'iOS'],
  ['Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1', 'iOS'],
  ['curl/7.88.1', 'Windows'],
  ['', 'Windows'],
])('%s passes for the browser of %s', (received, family) => {
  expect(disguisedAgent(received)).toBe(agentOf(family))
})

test('one text for each family, which is of that family itself', () => {
  expect(new Set(AGENTS.map(({ agent }) => agent)).size).toBe(AGENTS.length)
  for (const { agent } of AGENTS) expect(disguisedAgent(agent)).toBe(agent)
})

test('languages are those of the contract', () => {
  expect(LANGUAGE).toBe('en-US,en;q=0.5')
})

test('a number leads to one disguise, and sixteen in a row to each as often as its share says', () => {
  const sixteen = Array.from({ length: 16 }, (_, i) => disguiseAt(4_294_967_280 + i))
  for (const disguise of DISGUISES) {
    expect(sixteen.filter((one) => one === disguise)).toHaveLength(disguise.share)
  }
})

test('every disguise is that of a family, and has no twin', () => {
  expect(DISGUISES.map(({ family }) => agentOf(family))).not.toContain(undefined)
  expect(new Set(DISGUISES.map(({ family, language }) => `${family} ${language}`)).size).toBe(DISGUISES.length)
})

test.each([
  ['a computer passes for that of the disguise', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0.0.0', 'macOS'],
  ['so does a program', 'curl/7.88.1', 'macOS'],
  ['a telephone stays one of its family', 'Mozilla/5.0 (Linux; Android 14; SM-S918B) Mobile Safari/537.36', 'Android'],
  ['an iPhone too', 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Safari/604.1', 'iOS'],
])('%s', (_what, received, family) => {
  expect(disguisedAgent(received, { family: 'macOS', language: LANGUAGE, share: 1 })).toBe(agentOf(family))
})
