import { describe, expect, test } from 'vitest'
import { parseHosts } from '../../../../src/rules/formats/hosts.js'
import { shown } from './lines.js'

describe('hosts files', () => {
  test.each([
    ['0.0.0.0 a.example', 'a.example'],
    ['127.0.0.1\ta.example  B.example', 'a.example b.example'],
    ['255.255.255.255 a.example', 'a.example'],
    [':: a.example', 'a.example'],
    ['::1 a.example', 'a.example'],
    ['0:0:0:0:0:0:0:1 a.example', 'a.example'],
    ['fe80::1%lo0 a.example', 'a.example'],
    ['ff02::1 ip6-allnodes', 'skipped: local name of a hosts file'],
    ['0.0.0.0 109.201.135.46', '109.201.135.46/32'],
    ['127.0.0.1 localhost', 'skipped: local name of a hosts file'],
    ['127.0.0.1 localhost a.example', 'a.example'],
    ['0.0.0.0 0.0.0.0', 'skipped: local name of a hosts file'],
    ['192.0.2.7 a.example', 'skipped: hosts line with another address'],
    ['0.0.0.0 a..b', 'problem 9: invalid-name'],
    ['0.0.0.0 *.a.example', 'problem 9: invalid-name'],
    ['0.0.0.0 a.example b..c', 'a.example problem 19'],
    ['192.0.2.1', 'not this format'],
    ['192.0.2.1 CNAME .', 'not this format'],
    ['1-2.example is here', 'not this format'],
  ])('%s → %s', (line, expected) => {
    expect(shown(parseHosts(line))).toBe(expected)
  })
})
