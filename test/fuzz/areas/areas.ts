import type { Area } from './area.js'
import { configuration } from './configuration.js'
import { imports } from './imports.js'
import { requests } from './requests.js'
import { responses } from './responses.js'
import { rules } from './rules.js'

/** All that zzuf mutates inputs for in this process. */
export const AREAS: readonly Area[] = [requests, responses, rules, imports, configuration]
