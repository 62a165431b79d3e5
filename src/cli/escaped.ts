/** Rules, targets and messages come from elsewhere: nothing in them may move the cursor of a terminal. */
export function escaped(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
