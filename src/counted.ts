/** `1 rule`, `2 rules`. @param noun that takes an `s` where there is more than one */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
