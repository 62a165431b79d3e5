// Prints "PASSED FAILED" for one run of vitest, and to stderr what failed: node scripts/count-tests.mjs REPORT.json EXIT_STATUS
// A run that ended badly without a failed test (a file that does not load, an unhandled error, no report) counts as one failure.
import { readFileSync } from 'node:fs'

const [report, exitStatus] = process.argv.slice(2)
const { passed, failed } = countsOf(report)
console.log(`${passed} ${failed === 0 && exitStatus !== '0' ? 1 : failed}`)

function countsOf(path) {
  try {
    const { numPassedTests, numFailedTests, testResults = [] } = JSON.parse(readFileSync(path, 'utf8'))
    if (Number.isInteger(numPassedTests) && Number.isInteger(numFailedTests) && numPassedTests + numFailedTests > 0) {
      testResults.forEach(tellFailures)
      return { passed: numPassedTests, failed: numFailedTests }
    }
  } catch {
    // told below: no report is a failure
  }
  return { passed: 0, failed: 1 }
}

function tellFailures({ name, assertionResults }) {
  for (const { status, fullName, failureMessages } of assertionResults) {
    if (status === 'failed') console.error(`FAILED: ${name}: ${fullName}\n${failureMessages.join('\n')}`)
  }
}
