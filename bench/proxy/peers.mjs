// Who is measured: veilgate, plain Node, and other proxies where they are installed. Each is started with a folder of its own, no cache, no log.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const COMMAND = fileURLToPath(new URL('../../bin/veilgate', import.meta.url))
const NATIVE_ENGINE = fileURLToPath(new URL('../../native/build/Release/veilgate.node', import.meta.url))
const NODE_BARE = fileURLToPath(new URL('node-bare.mjs', import.meta.url))

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} version
 * @property {(port: number, folder: string, parent?: string) => string[]} command may write its configuration into the folder;
 *   a parent, by its URL, is given to engines of veilgate alone
 * @property {boolean} [isOurs] one of the engines of veilgate: the others are what it is compared with
 */

/** @returns {Peer[]} those that can be started here, the engines of veilgate first */
export function installedPeers() {
  const version = versionOf(process.execPath, [COMMAND, '--version'])
  const engines = existsSync(NATIVE_ENGINE) ? ['native', 'js'] : ['js']
  return [
    ...engines.map((engine) => ({ name: `veilgate ${engine}`, version, command: veilgate(engine), isOurs: true })),
    { name: 'node-bare', version: process.version, command: (port) => [process.execPath, NODE_BARE, String(port)] },
    { name: 'squid', version: versionOf('squid', ['-v']), command: squid },
    { name: 'trafficserver', version: versionOf('traffic_server', ['--version']), command: trafficServer },
    { name: 'tinyproxy', version: versionOf('tinyproxy', ['-v']), command: tinyproxy },
  ].filter(({ version }) => version !== undefined)
}

function veilgate(engine) {
  const options = [
    '--engine',
    engine,
    '--allow-private=127.0.0.0/8',
    '--connect-ports',
    'any',
    '--http-ports',
    'any',
    '--access-log',
    'off',
  ]
  return (port, _folder, parent) => {
    const upstream = parent === undefined ? [] : ['--upstream', parent]
    return [process.execPath, COMMAND, 'start', '--listen', `http://127.0.0.1:${port}`, ...options, ...upstream]
  }
}

function squid(port, folder) {
  const file = join(folder, 'squid.conf')
  const lines = [
    `http_port 127.0.0.1:${port}`,
    'workers 1',
    'cache deny all',
    'cache_mem 0 MB',
    'access_log none',
    'cache_store_log none',
    `cache_log ${folder}/cache.log`,
    'pid_filename none',
    `coredump_dir ${folder}`,
    'pinger_enable off',
    'client_db off',
    'max_filedescriptors 30000',
    'url_rewrite_extras "%>a %>rm"',
    'store_id_extras "%>a %>rm"',
    'shutdown_lifetime 0 seconds',
    'acl here src 127.0.0.0/8',
    'http_access allow here',
    'http_access deny all',
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return ['squid', '-N', '-f', file]
}

const TRAFFIC_SERVER_RECORDS = `
proxy.config.exec_thread.autoconfig INT 0
proxy.config.exec_thread.limit INT 1
proxy.config.accept_threads INT 0
proxy.config.task_threads INT 1
proxy.config.exec_thread.affinity INT 0
proxy.config.http.cache.http INT 0
proxy.config.reverse_proxy.enabled INT 0
proxy.config.url_remap.remap_required INT 0
proxy.config.http.connect_ports STRING *
proxy.config.log.logging_enabled INT 0
proxy.config.diags.output.diag STRING L
proxy.config.net.connections_throttle INT 30000
proxy.config.net.max_connections_in INT 30000
proxy.config.net.listen_backlog INT 4096
proxy.config.http.server_session_sharing.pool STRING thread
proxy.config.admin.user_id STRING #-1`

function trafficServer(port, folder) {
  for (const name of ['etc', 'run', 'log', 'cache']) mkdirSync(join(folder, name))
  const records = `${TRAFFIC_SERVER_RECORDS}\nproxy.config.http.server_ports STRING ${port}:ip-in=127.0.0.1`
  writeFileSync(join(folder, 'etc/records.config'), records.trim().replaceAll(/^/gm, 'CONFIG '))
  writeFileSync(
    join(folder, 'etc/ip_allow.yaml'),
    'ip_allow:\n  - apply: in\n    ip_addrs: 127.0.0.0/8\n    action: allow\n    methods: ALL\n',
  )
  for (const name of 'storage remap plugin parent cache hosting volume ssl_multicert splitdns socks'.split(' '))
    writeFileSync(join(folder, `etc/${name}.config`), '')
  for (const name of ['sni', 'logging', 'strategies']) writeFileSync(join(folder, `etc/${name}.yaml`), '')
  const places = {
    prefix: folder,
    exec_prefix: folder,
    bindir: '/usr/bin',
    sbindir: '/usr/sbin',
    sysconfdir: `${folder}/etc`,
    datadir: `${folder}/cache`,
    includedir: '/usr/include',
    libdir: '/usr/lib/trafficserver',
    libexecdir: '/usr/lib/trafficserver/modules',
    localstatedir: folder,
    runtimedir: `${folder}/run`,
    logdir: `${folder}/log`,
    cachedir: `${folder}/cache`,
  }
  const runRoot = join(folder, 'runroot.yaml')
  writeFileSync(
    runRoot,
    Object.entries(places)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  )
  return ['traffic_server', `--run-root=${runRoot}`]
}

function tinyproxy(port, folder) {
  const file = join(folder, 'tinyproxy.conf')
  writeFileSync(
    file,
    `Port ${port}\nListen 127.0.0.1\nTimeout 600\nMaxClients 10000\nLogLevel Critical\nAllow 127.0.0.0/8\n`,
  )
  return ['tinyproxy', '-d', '-c', file]
}

/** @returns {string | undefined} undefined where it is not installed */
function versionOf(command, args) {
  const places = ['', '/usr/bin/', '/usr/sbin/'].map((folder) => `${folder}${command}`)
  const found = command.startsWith('/') ? command : places.slice(1).find(existsSync)
  if (found === undefined) return undefined
  const output = execFileSync(found, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  return /\d+(?:\.\d+)+/.exec(output)?.[0]
}
