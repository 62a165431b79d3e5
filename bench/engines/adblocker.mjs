import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FiltersEngine, Request } from '@ghostery/adblocker'

/** @ghostery/adblocker, with network filters alone, asked for a script at the host. @type {import('./engine.mjs').Engine} */
export const engine = {
  load: async (file) => FiltersEngine.parse(await readFile(file, 'utf8'), { loadCosmeticFilters: false }),
  keep: (filters, folder) => writeFile(join(folder, 'adblocker.bin'), filters.serialize()),
  loadKept: async (folder) => FiltersEngine.deserialize(await readFile(join(folder, 'adblocker.bin'))),
  toQuery: (host) =>
    Request.fromRawDetails({ url: `https://${host}/`, type: 'script', sourceUrl: 'https://page.example/' }),
  isBlocked: (filters, request) => filters.match(request).match,
}
