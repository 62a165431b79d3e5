import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommandResult, runCommand } from './run-command.js'

/** Quiet as it gets: what it still asks its maker for, the rules of the test block. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--disable-default-apps',
  '--ignore-certificate-errors',
]

/** Opens a page in a browser without a past, through a proxy also for loopback, and returns its DOM once it has loaded. */
export async function dumpDom(proxyUrl: string, pageUrl: string): Promise<CommandResult> {
  const profile = mkdtempSync(join(tmpdir(), 'veilgate-chromium-'))
  const route = [`--proxy-server=${proxyUrl}`, '--proxy-bypass-list=<-loopback>', `--user-data-dir=${profile}`]
  try {
    return await runCommand('chromium', [...FLAGS, ...route, '--dump-dom', pageUrl])
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
