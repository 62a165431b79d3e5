import { setFlagsFromString } from 'node:v8'

/**
 * Holds V8's young generation at its first size. V8 doubles it for whatever survives, also for the code and the rules of a
 * program that starts, which stay for good; then dead objects pile up longer between two scavenges (measured: an idle proxy
 * holds a MiB more).
 */
export function holdYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

/** From now on what survives enlarges it, as V8 does by itself. */
export function releaseYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=2')
}
