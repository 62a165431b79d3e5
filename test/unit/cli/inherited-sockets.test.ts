import { expect, test } from 'vitest'
import { takeInheritedSockets } from '../../../src/cli/inherited-sockets.js'

test('are those from the third descriptor on, and only once', () => {
  const env = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b', PATH: '/bin' }
  expect(takeInheritedSockets(env, 7)).toEqual([3, 4])
  expect(env).toEqual({ PATH: '/bin' })
  expect(takeInheritedSockets(env, 7)).toEqual([])
})

test.each([
  ['another process is meant', { LISTEN_PID: '8', LISTEN_FDS: '1' }],
  ['there are none', { LISTEN_PID: '7', LISTEN_FDS: '0' }],
  ['the number is none', { LISTEN_PID: '7', LISTEN_FDS: 'x' }],
  ['nobody says so', {}],
])('are none where %s', (_why, env) => {
  expect(takeInheritedSockets({ ...env }, 7)).toEqual([])
})
