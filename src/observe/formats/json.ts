import type { AccessRecord } from '../../channels.js'
import { jsonLine } from '../escape.js'

/** One record as a line of JSON with the names of contract §5 and no others. `ts` is ISO 8601 in UTC with milliseconds. */
export function formatJson(record: AccessRecord): string {
  const { client, target, decision, egress, bytes, ms } = record
  const { rule } = decision
  return jsonLine({
    ts: new Date(record.ts).toISOString(),
    id: record.id,
    client: { ip: client.ip, port: client.port, user: client.user, group: client.group },
    listener: record.listener,
    method: record.method,
    target: { form: target.form, host: target.host, port: target.port, ip: target.ip, sni: target.sni },
    decision: {
      action: decision.action,
      reason: decision.reason,
      level: decision.level,
      rule: rule === null ? null : { list: rule.list, line: rule.line, text: rule.text },
      ...(decision.cname !== undefined && { cname: decision.cname }),
    },
    egress: egress === null ? null : { route: egress.route, ip: egress.ip },
    status: record.status,
    bytes: { fromClient: bytes.fromClient, toClient: bytes.toClient },
    ms: { dns: ms.dns, connect: ms.connect, ttfb: ms.ttfb, total: ms.total },
    headersRemoved: record.headersRemoved,
    wouldBlock: record.wouldBlock,
    error: record.error,
  })
}
