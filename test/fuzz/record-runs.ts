import fc from 'fast-check'
import { expect } from 'vitest'
import { report, saveFinding } from './budget.js'

/** Runs before each file when fuzz.mjs runs them: properties have their share of the time, and say what they did. */
const { FUZZ_PROPERTY_MS } = process.env

fc.configureGlobal({
  ...(FUZZ_PROPERTY_MS === undefined ? {} : { interruptAfterTimeLimit: Number(FUZZ_PROPERTY_MS) }),
  reporter: (details) => {
    const { currentTestName = '', testPath = '' } = expect.getState()
    const name = `${testPath.replace(/^.*[/\\]|\.test\.ts$/g, '')}: ${currentTestName}`
    report({ name, inputs: details.numRuns })
    const message = fc.defaultReportMessage(details)
    if (!details.failed) return
    throw new Error(`${saveFinding(`${name}.txt`, message ?? '')}\n${message}`, { cause: details.errorInstance })
  },
})
