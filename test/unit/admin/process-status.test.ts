import { closeSync, existsSync, openSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openDescriptors } from '../../../src/admin/process-status.js'

test.skipIf(!existsSync('/proc/self/fd'))('a file that is opened is one more', () => {
  const [before = 0] = openDescriptors()
  const fd = openSync('/dev/null', 'r')
  expect(openDescriptors()).toEqual([before + 1])
  closeSync(fd)
  expect(openDescriptors()).toEqual([before])
})
