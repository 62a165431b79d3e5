import { expect, test } from 'vitest'
import { createHeadFields, scanFields } from '../../../src/http/head-fields.js'
import { isThirdParty } from '../../../src/http/third-party.js'
import { PLAIN_TABLE } from '../../helpers/read-messages.js'

test.each<readonly [readonly string[], boolean, string]>([
  [[], false, 'nothing tells'],
  [['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Dest: image'], true, 'the browser says so'],
  [['sec-fetch-site: CROSS-SITE'], true, 'it need not say what for'],
  [['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Dest: iframe', 'Upgrade-Insecure-Requests: 1'], true, 'a frame'],
  [['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Dest: document'], false, 'a page that the user goes to'],
  [['Sec-Fetch-Site: same-site', 'Referer: http://b.test/'], false, 'the browser knows better than the Referer'],
  [['Sec-Fetch-Site: none'], false, 'the user typed it'],
  [['Referer: http://b.test/'], true, 'a page of another site'],
  [['Referer: http://www.o.test/p'], false, 'a page of this site'],
  [['Referer: http://o.test:81/p'], false, 'another port'],
  [['Referer: http://b.test/', 'Upgrade-Insecure-Requests: 1'], false, 'a link to a page'],
  [['Origin: http://b.test'], true, 'a script of another site'],
  [['Origin: http://o.test', 'Referer: http://o.test/'], false, 'a form of this site'],
  [['Origin: null'], false, 'an origin that names none'],
  [['Origin: null', 'Referer: http://b.test/'], true, 'then the Referer tells'],
  [['Referer: /p'], false, 'a path'],
  [['Referer: '], false, 'nothing in it'],
])('%j: %s (%s)', (lines, expected) => {
  const fields = createHeadFields(10)
  const text = lines.map((line) => `${line}\r\n`).join('')
  expect(scanFields(text, 0, 10, PLAIN_TABLE, fields)).toBe(0)
  expect(isThirdParty(fields, { host: 'o.test', site: 'o.test' })).toBe(expected)
})
