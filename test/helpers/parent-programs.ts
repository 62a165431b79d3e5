import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { unusedPort } from './raw-origin.js'

export type ParentProgram = 'microsocks' | 'danted' | 'squid' | 'tinyproxy' | 'tor'

/** As a user's shell without /usr/sbin in it may not find them. */
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`

/** Whether a program is on this machine; says so where it is not. */
export function hasProgram(program: string): boolean {
  const found = spawnSync('which', [program], { env: { ...process.env, PATH }, stdio: 'ignore' }).status === 0
  if (!found) console.log(`skipped: ${program} is not installed`)
  return found
}

export type StartedParent = {
  readonly port: number
  /** Where Tor tells of itself (its control protocol), without a password. */
  readonly controlPort: number
}

export type ParentProgramOptions = {
  /** User `me` with password `secret` is asked for. */
  readonly isClosed?: boolean
  /** Of Squid: the only port open to CONNECT beside 443. */
  readonly tunnelPort?: number
}

/** A proxy that others wrote, on a free port of 127.0.0.1, ended with the test. */
export async function startParentProgram(
  program: ParentProgram,
  { isClosed = false, tunnelPort = 443 }: ParentProgramOptions = {},
): Promise<StartedParent> {
  const port = await unusedPort()
  const controlPort = await unusedPort()
  const folder = mkdtempSync(join(tmpdir(), 'veilgate-parent-'))
  // those that give up root must still read it
  chmodSync(folder, 0o755)
  const write = (name: string, lines: readonly string[], mode = 0o644) => {
    const path = join(folder, name)
    writeFileSync(path, `${lines.join('\n')}\n`, { mode })
    return path
  }
  const command = commandOf(program, { port, controlPort, isClosed, tunnelPort, folder, write })
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { ...process.env, PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  child.stderr?.on('data', (chunk) => {
    output += chunk
  })
  onTestFinished(async () => {
    // not SIGKILL: those with children end them
    child.kill('SIGTERM')
    await closed(child)
    rmSync(folder, { recursive: true, force: true })
  })
  while (!(await isAccepting(port))) {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${output}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { port, controlPort }
}

type Setting = {
  readonly port: number
  readonly controlPort: number
  readonly isClosed: boolean
  readonly tunnelPort: number
  readonly folder: string
  readonly write: (name: string, lines: readonly string[], mode?: number) => string
}

function commandOf(
  program: ParentProgram,
  { port, controlPort, isClosed, tunnelPort, folder, write }: Setting,
): readonly string[] {
  switch (program) {
    case 'microsocks':
      return ['microsocks', '-i', '127.0.0.1', '-p', String(port), ...(isClosed ? ['-u', 'me', '-P', 'secret'] : [])]
    case 'danted':
      return [
        'danted',
        '-f',
        write('danted.conf', [
          'logoutput: /dev/null',
          `internal: 127.0.0.1 port = ${port}`,
          'external: 127.0.0.1',
          'external: ::1',
          'clientmethod: none',
          'socksmethod: none',
          'client pass { from: 0/0 to: 0/0 }',
          'socks pass { from: 0/0 to: 0/0 }',
        ]),
        '-p',
        join(folder, 'pid'),
      ]
    case 'squid': {
      const helper = write(
        'auth',
        [
          '#!/bin/sh',
          'while read -r line; do',
          '  if [ "$line" = "me secret" ]; then echo OK; else echo ERR; fi',
          'done',
        ],
        0o755,
      )
      return [
        'squid',
        '-N',
        '-f',
        write('squid.conf', [
          `http_port 127.0.0.1:${port}`,
          `auth_param basic program ${helper}`,
          'acl known proxy_auth REQUIRED',
          // as Squid's own configuration has it
          `acl SSL_ports port 443 ${tunnelPort}`,
          'http_access deny CONNECT !SSL_ports',
          isClosed ? 'http_access allow known' : 'http_access allow all',
          'http_access deny all',
          'cache deny all',
          'access_log none',
          'cache_log /dev/null',
          'cache_store_log none',
          `pid_filename ${join(folder, 'pid')}`,
          `coredump_dir ${folder}`,
          'netdb_filename none',
          'pinger_enable off',
          'shutdown_lifetime 0 seconds',
        ]),
      ]
    }
    case 'tinyproxy':
      return [
        'tinyproxy',
        '-d',
        '-c',
        write('tinyproxy.conf', [
          `Port ${port}`,
          'Listen 127.0.0.1',
          'Timeout 60',
          'MaxClients 50',
          'LogLevel Critical',
          ...(isClosed ? ['BasicAuth me secret'] : []),
        ]),
      ]
    case 'tor':
      return [
        'tor',
        '-f',
        write('torrc', [
          `SocksPort 127.0.0.1:${port}`,
          `ControlPort 127.0.0.1:${controlPort}`,
          `DataDirectory ${join(folder, 'data')}`,
          'Log err stderr',
          'DisableNetwork 0',
        ]),
      ]
  }
}

function isAccepting(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function closed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}
