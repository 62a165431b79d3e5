import type { Verdict } from './judge.js'

export type TestedFile = { readonly name: string; readonly verdicts: readonly Verdict[] }

/** The verdicts as JUnit XML, the form that CI systems read: a suite for each file, a case for each target. */
export function toJunit(files: readonly TestedFile[]): string {
  const suites = files.map(({ name, verdicts }) =>
    element('testsuite', { name, ...tally(verdicts) }, verdicts.map((verdict) => toCase(name, verdict)).join('')),
  )
  const root = element(
    'testsuites',
    { name: 'veilgate', ...tally(files.flatMap(({ verdicts }) => verdicts)) },
    suites.join(''),
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}`
}

function toCase(file: string, { expectation, fault }: Verdict): string {
  const { title, target, expect, line } = expectation
  const name = `${title === undefined ? '' : `${title}: `}${expect} ${target}`
  const failure = fault === undefined ? '' : element('failure', { message: fault }, text(`${file}:${line}: ${fault}`))
  return element('testcase', { name, classname: file, file, line }, failure)
}

function tally(verdicts: readonly Verdict[]) {
  return { tests: verdicts.length, failures: verdicts.filter(({ fault }) => fault !== undefined).length, errors: 0 }
}

function element(name: string, attributes: Readonly<Record<string, string | number>>, content: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${text(String(value))}"`)
  return `<${name}${written.join('')}${content === '' ? '/>' : `>${content}</${name}>`}\n`
}

/** Characters that XML 1.0 has no way to write are shown as U+FFFD. */
function text(raw: string): string {
  return raw.replaceAll(NO_XML, '\uFFFD').replaceAll(/[&<>"']/g, (c) => ENTITIES[c] ?? c)
}

/** What may not stand in XML 1.0 (§2.2): most control characters, lone surrogates, two non-characters. */
const NO_XML = /[^\P{Cc}\t\n\r]|\p{Cs}|[\uFFFE\uFFFF]/gu
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
