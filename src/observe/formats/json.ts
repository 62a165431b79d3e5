import type { AccessRecord } from '../../channels.js'
import { quotedJson } from '../escape.js'

/**
 * One record as a line of JSON with the names of contract §5 and no others. `ts` is ISO 8601 in UTC with milliseconds.
 *
 * Put together by hand, of few pieces: `JSON.stringify` takes three times as long, and each piece is paid for again
 * when the line becomes bytes. What seldom differs from one line to the next is made once and kept.
 */
export function formatJson(record: AccessRecord): string {
  const { client, target, bytes, ms } = record
  return (
    `{"ts":"${isoTime(record.ts)}Z","id":${quotedJson(record.id)},` +
    `"client":{"ip":${quotedJson(client.ip)},"port":${client.port}${whoOf(client)},` +
    `${requestOf(record)}"host":${quotedJson(target.host)},"port":${target.port},` +
    `"ip":${orNull(target.ip)}${sniOf(target)},${decisionOf(record)},"status":${record.status},` +
    `"bytes":{"fromClient":${bytes.fromClient},"toClient":${bytes.toClient}},` +
    `"ms":{"dns":${ms.dns},"connect":${ms.connect},"ttfb":${ms.ttfb},"total":${ms.total}},` +
    `"headersRemoved":${listOf(record.headersRemoved)}${outcomeOf(record)}}`
  )
}

function whoOf({ user, group }: AccessRecord['client']): string {
  if (user === null && group === null) return ',"user":null,"group":null}'
  return `,"user":${orNull(user)},"group":${orNull(group)}}`
}

function sniOf({ sni }: AccessRecord['target']): string {
  return sni === null ? ',"sni":null}' : `,"sni":${quotedJson(sni)}}`
}

function outcomeOf({ wouldBlock, error }: AccessRecord): string {
  if (error === null) return wouldBlock ? ',"wouldBlock":true,"error":null' : ',"wouldBlock":false,"error":null'
  return `,"wouldBlock":${wouldBlock},"error":${quotedJson(error)}`
}

const shownRequest = { listener: '', method: '', form: '', text: '' }

/** From `listener` up to the form of the target. */
function requestOf({ listener, method, target: { form } }: AccessRecord): string {
  const shown = shownRequest
  if (shown.text === '' || shown.listener !== listener || shown.method !== method || shown.form !== form) {
    shown.listener = listener
    shown.method = method
    shown.form = form
    shown.text = `"listener":${quotedJson(listener)},"method":${quotedJson(method)},"target":{"form":"${form}",`
  }
  return shown.text
}

type Decision = AccessRecord['decision']

let shownDecision: Decision | undefined
let shownEgress: AccessRecord['egress'] = null
let shownDecisionText = ''

/** `decision` and `egress`. */
function decisionOf({ decision, egress }: AccessRecord): string {
  if (shownDecision === undefined || !isSame(decision, shownDecision) || egress?.ip !== shownEgress?.ip) {
    const { action, reason, level, rule, cname } = decision
    const alias = cname === undefined ? '' : `,"cname":${quotedJson(cname)}`
    shownDecision = decision
    shownEgress = egress
    shownDecisionText =
      `"decision":{"action":"${action}","reason":"${reason}","level":${quotedJson(level)},"rule":${ruleOf(rule)}${alias}},` +
      `"egress":${egress === null ? 'null' : `{"route":"${egress.route}","ip":${orNull(egress.ip)}}`}`
  }
  return shownDecisionText
}

function isSame(a: Decision, b: Decision): boolean {
  return (
    a.action === b.action &&
    a.reason === b.reason &&
    a.level === b.level &&
    a.cname === b.cname &&
    a.rule?.line === b.rule?.line &&
    a.rule?.list === b.rule?.list &&
    a.rule?.text === b.rule?.text
  )
}

function ruleOf(rule: Decision['rule']): string {
  if (rule === null) return 'null'
  return `{"list":${quotedJson(rule.list)},"line":${rule.line},"text":${quotedJson(rule.text)}}`
}

function orNull(text: string | null): string {
  return text === null ? 'null' : quotedJson(text)
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return '[]'
  let items = quotedJson(names[0] as string)
  for (let i = 1; i < names.length; i++) items += `,${quotedJson(names[i] as string)}`
  return `[${items}]`
}

let shownSecond = Number.NaN
let shownTime = ''

/** Without its `Z`. Up to the milliseconds it is made once a second. */
function isoTime(unixMs: number): string {
  const second = Math.floor(unixMs / 1000)
  if (second !== shownSecond) {
    shownSecond = second
    shownTime = new Date(second * 1000).toISOString().slice(0, -4)
  }
  const millis = Math.floor(unixMs - second * 1000)
  return `${shownTime}${millis < 10 ? '00' : millis < 100 ? '0' : ''}${millis}`
}
