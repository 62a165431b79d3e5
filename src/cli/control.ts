import type { Proxy as ForwardProxy } from '../app.js'
import type { Config } from '../config/config.js'
import { controlPath } from '../control/control-path.js'
import type { ControlCommand, ControlServer } from '../control/server.js'
import type { Logger } from '../observe/logger.js'

/**
 * Opens the control socket of a running proxy. Where there can be none (another
 * instance has it, no permission), the proxy goes without, and says so.
 */
export async function openControl(
  { control }: Config,
  proxy: ForwardProxy,
  logger: Logger,
): Promise<ControlServer | undefined> {
  try {
    const place = controlPath(control)
    if (place === undefined) return undefined
    const { openControlServer } = await import('../control/server.js')
    return await openControlServer(place, commandsOf(proxy))
  } catch (error) {
    logger.warn(`no control socket: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

function commandsOf(
  proxy: Pick<ForwardProxy, 'lists' | 'updateLists' | 'upstreams' | 'newIdentity'>,
): Readonly<Record<string, ControlCommand>> {
  return {
    lists: () => proxy.lists,
    upstreams: () => proxy.upstreams(),
    'identity new': ({ site }) => proxy.newIdentity({ site: site === undefined ? undefined : String(site) }),
    'lists update': ({ names, acceptShrink }) =>
      proxy.updateLists({
        names: Array.isArray(names) ? names.map(String) : undefined,
        acceptShrink: acceptShrink === true,
      }),
  }
}
