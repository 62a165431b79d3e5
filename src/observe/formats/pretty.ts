import type { AccessRecord } from '../../channels.js'
import { escapeControls } from '../escape.js'
import { withoutQuery } from '../redact.js'

const RED = 31
const GREEN = 32
const YELLOW = 33
const GREY = 90

export type PrettyOptions = {
  /** Write ANSI colours: only where a terminal reads them. */
  readonly colour: boolean
}

/**
 * One short line for people, in local time:
 * `12:00:00 block 403 GET ads.test:80/x  my.rules:3  2 ms  1.4 kB`
 */
export function formatPretty(record: AccessRecord, { colour }: PrettyOptions): string {
  const { decision, target, method, status, error, ms, bytes } = record
  const paint = (code: number, text: string): string => (colour ? `\x1b[${code}m${text}\x1b[0m` : text)

  const place = target.host === '' ? '-' : `${hostName(target.host)}:${target.port}${withoutQuery(target.path)}`
  const parts = [
    `${paint(GREY, timeOfDay(endOf(record)))} ${paint(actionColour(record), actionName(record))} ` +
      `${status === 0 ? '---' : status} ${escapeControls(method === '' ? '-' : method)} ${escapeControls(place)}`,
  ]
  const cause = causeOf(record)
  if (cause !== '') parts.push(escapeControls(cause))
  if (error !== null && decision.action !== 'block') parts.push(paint(YELLOW, escapeControls(error)))
  parts.push(paint(GREY, `${Math.round(ms.total)} ms  ${size(bytes.toClient)}`))
  return parts.join('  ')
}

/** The line of a rule, or why there was none; the default allowing something is no news. */
function causeOf({ decision }: AccessRecord): string {
  const { rule, reason, action, cname } = decision
  if (rule !== null) return `${rule.list}:${rule.line}${cname === undefined ? '' : ` via CNAME ${cname}`}`
  return reason === 'default' && action === 'allow' ? '' : reason
}

function actionName({ decision, wouldBlock }: AccessRecord): string {
  return wouldBlock ? 'would-block' : decision.action.padEnd(5)
}

function actionColour({ decision, wouldBlock, error }: AccessRecord): number {
  if (wouldBlock) return YELLOW
  if (decision.action === 'block') return RED
  return error === null ? GREEN : YELLOW
}

function endOf({ ts, ms }: AccessRecord): Date {
  return new Date(ts + ms.total)
}

function timeOfDay(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

function hostName(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Bytes as a person reads them: `612 B`, `1.4 kB`, `3.2 MB`. */
function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`
  return `${(bytes / 1e9).toFixed(1)} GB`
}
