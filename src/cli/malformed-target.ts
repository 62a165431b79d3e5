import type { TargetDecision } from '../app.js'
import type { Problem } from '../errors.js'
import { escaped } from './escaped.js'

/** What to say of a target that is none; `place` is where it was written, where that is a file. */
export function malformedTarget({ target, detail }: TargetDecision, place?: Pick<Problem, 'file' | 'line'>): Problem {
  const message = detail === '' ? 'this is no target' : detail
  return {
    file: place?.file ?? escaped(target),
    line: place?.line ?? 0,
    column: place === undefined ? 0 : 1,
    message: place === undefined ? message : `${escaped(target)}: ${message}`,
    fix: 'write a host, HOST:PORT or a URL such as http://example.com/page',
  }
}
