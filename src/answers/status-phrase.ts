/** Reason phrases of RFC 9110 §15 (508: RFC 5842, 431: RFC 6585, 451: RFC 7725) for what veilgate itself answers. */
const PHRASES: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  408: 'Request Timeout',
  414: 'URI Too Long',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  508: 'Loop Detected',
}

/** The words behind a status; empty for one veilgate never sends (RFC 9112 §4 allows an empty phrase). */
export function statusPhrase(status: number): string {
  return PHRASES[status] ?? ''
}
