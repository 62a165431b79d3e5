import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { corkForTurn } from '../../../src/transport/cork-for-turn.js'
import { readAll, socketPair } from '../../helpers/socket-pair.js'

/** As the data path does it. */
function say(socket: Socket, text: string): boolean {
  corkForTurn(socket)
  return socket.write(text, 'latin1')
}

describe('corkForTurn', () => {
  test('what several sockets say in a turn leaves at its end, each in one piece', async () => {
    const [one, farOne] = await socketPair()
    const [two, farTwo] = await socketPair()
    say(one, 'a')
    say(two, 'b')
    say(one, 'c')
    expect([one.writableLength, two.writableLength]).toEqual([2, 1])
    const heard = Promise.all([once(farOne, 'data'), once(farTwo, 'data')])
    await nextTurn()
    expect([one.writableLength, two.writableLength, one.writableCorked, two.writableCorked]).toEqual([0, 0, 0, 0])
    expect((await heard).map(([data]) => String(data))).toEqual(['ac', 'b'])
  })

  test('the next turn begins anew', async () => {
    const [near, far] = await socketPair()
    const received = readAll(far)
    for (const text of ['a', 'b', 'c']) {
      say(near, text)
      expect(near.writableCorked).toBe(1)
      await nextTurn()
      expect(near.writableCorked).toBe(0)
    }
    near.end()
    expect(await received).toBe('abc')
  })

  test('what is written, ended or destroyed in between keeps its place', async () => {
    const step = fc.constantFrom('held', 'plain', 'turn')
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 8 }),
        fc.constantFrom('end', 'destroySoon'),
        async (steps, ending) => {
          const [near, far] = await socketPair()
          const received = readAll(far)
          let sent = ''
          for (const [i, kind] of steps.entries()) {
            if (kind === 'turn') await nextTurn()
            else {
              sent += i
              if (kind === 'held') say(near, String(i))
              else near.write(String(i))
            }
          }
          near[ending]()
          expect(await received).toBe(sent)
        },
      ),
      { numRuns: 30 },
    )
  })

  test('a socket that is destroyed with something held fails nothing, nor do the others wait', async () => {
    const [gone] = await socketPair()
    const [near, far] = await socketPair()
    say(gone, 'never sent')
    say(near, 'sent')
    gone.destroy()
    const heard = once(far, 'data')
    await nextTurn()
    expect(String((await heard)[0])).toBe('sent')
  })

  test('who sends more than is held is told to wait', async () => {
    const [near] = await socketPair()
    expect(say(near, 'x'.repeat(near.writableHighWaterMark))).toBe(false)
    const drained = once(near, 'drain')
    await nextTurn()
    await drained
  })
})
