import type { Config, Engine, Limits } from '../config/config.js'

/**
 * The configuration of one of several workers. Each gets its share of the limits
 * that are counted, rounded up, so that it decides alone and at once: asking the
 * primary would cost every connection two messages. Lists are the primary's.
 *
 * @param engine what all of them run with, whatever was wanted
 */
export function toWorkerConfig(config: Config, workers: number, engine: Engine): Config {
  return {
    ...config,
    engine,
    rules: { ...config.rules, files: [], lists: {} },
    limits: shareOf(config.limits, workers),
  }
}

function shareOf(limits: Limits, workers: number): Limits {
  return {
    ...limits,
    connections: Math.ceil(limits.connections / workers),
    perClient: Math.ceil(limits.perClient / workers),
    tunnelsPerClient: Math.ceil(limits.tunnelsPerClient / workers),
  }
}
