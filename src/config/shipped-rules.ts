import { fileURLToPath } from 'node:url'
import type { RuleFile } from './config.js'

/** The rules that come with the package, used where nobody names others; found from here, whatever the working directory. */
export const SHIPPED_RULES: RuleFile = {
  name: 'veilgate/rules/default.rules',
  path: fileURLToPath(new URL('../../rules/default.rules', import.meta.url)),
  action: 'block',
}
