import { expect, test } from 'vitest'
import type { FromWorker } from '../../../src/workers/messages.js'
import { createPrimarySink } from '../../../src/workers/primary-sink.js'

test('sends lines one message after the other, and has finished when the last is on its way', async () => {
  const sent: FromWorker[] = []
  const waiting: (() => void)[] = []
  const sink = createPrimarySink((message, done) => {
    sent.push(message)
    waiting.push(() => done(null))
  }, true)
  sink.stream.write('one\n')
  sink.stream.write('two\n')
  expect(sent).toEqual([{ kind: 'lines', lines: 'one\n' }])
  expect([sink.colour, sink.stream.writableLength]).toEqual([true, 8])
  let isFinished = false
  const finished = sink.finish().then(() => {
    isFinished = true
  })
  waiting.shift()?.()
  await Promise.resolve()
  expect([sent.length, isFinished]).toEqual([2, false])
  waiting.shift()?.()
  await finished
})
