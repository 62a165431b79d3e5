import type { Exchange } from './exchange.js'
import { answerLocallyStage } from './stages/answer-locally.js'
import { applyRulesStage } from './stages/apply-rules.js'
import { checkAddressStage } from './stages/check-address.js'
import { checkLoopStage } from './stages/check-loop.js'
import { checkPortStage } from './stages/check-port.js'
import { chooseEgressStage } from './stages/choose-egress.js'
import { parseTargetStage } from './stages/parse-target.js'
import { scrubRequestStage } from './stages/scrub-request.js'

/** A pure step: fills in the exchange and returns true, or settles it and returns false. No socket, file, clock or logger. */
export type Stage = (exchange: Exchange) => boolean

/** Every request passes these in this order; docs/request-lifecycle.md draws them with the answers each can give. */
export const REQUEST_STAGES: readonly Stage[] = [
  parseTargetStage,
  answerLocallyStage,
  applyRulesStage,
  checkLoopStage,
  checkPortStage,
  checkAddressStage,
  chooseEgressStage,
  scrubRequestStage,
]

/** Decides what to do with a request whose head was read: `exchange.plan`. */
export function decideRequest(exchange: Exchange): void {
  for (const stage of REQUEST_STAGES) if (!stage(exchange)) return
  exchange.plan = exchange.form === 'authority' ? 'tunnel' : 'forward'
}
