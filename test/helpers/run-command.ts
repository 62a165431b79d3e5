import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type CommandResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

export type CommandOptions = {
  readonly cwd?: string
  /** On top of a clean environment: no proxy variables, no user's configuration. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Buffer
}

/** Runs a client to its end. Its settings come from its arguments and from nowhere else. */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = {}, input }: CommandOptions = {},
): Promise<CommandResult> {
  const home = mkdtempSync(join(tmpdir(), 'veilgate-home-'))
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: cwd ?? home,
      env: { PATH: process.env.PATH ?? '', HOME: home, LC_ALL: 'C', ...env },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('latin1')
    })
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('latin1')
    })
    child.on('error', reject)
    child.on('close', (code) => {
      rmSync(home, { recursive: true, force: true })
      resolve({ code, stdout, stderr })
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
  })
}

/** Whether a client is on this machine and runs; says so where it is not, for a test that is skipped must not go unseen. */
export function hasCommand(command: string, args: readonly string[] = ['--version']): boolean {
  const { error, status } = spawnSync(command, args, { stdio: 'ignore' })
  const isThere = error === undefined && status === 0
  if (!isThere) console.log(`skipped: no ${command} on this machine`)
  return isThere
}
