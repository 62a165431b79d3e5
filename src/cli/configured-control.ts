import { DEFAULT_CONFIG } from '../config/config.js'

/** Where a configuration puts the control socket; the usual place where no configuration is named. */
export async function configuredControl(file: string | undefined): Promise<string> {
  if (file === undefined) return DEFAULT_CONFIG.control
  // the parser of the file takes longer to load than all the rest of the command line
  const { loadConfigFile } = await import('../config/load.js')
  return (await loadConfigFile(file)).control ?? DEFAULT_CONFIG.control
}
