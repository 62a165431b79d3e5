/** Tools whose files are imported, as `--from` names them. The command line loads this file alone. */
export const IMPORT_SOURCES = ['squid', 'privoxy', 'e2guardian', 'adguard', 'pihole', 'hosts', 'clash'] as const
export type ImportSource = (typeof IMPORT_SOURCES)[number]
