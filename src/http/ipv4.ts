/** The 32 bits of a dotted quad as an unsigned integer; of anything else it says nothing of use. */
export function integerOfIPv4(address: string): number {
  let integer = 0
  let octet = 0
  for (let i = 0; i < address.length; i++) {
    const c = address.charCodeAt(i)
    if (c === 0x2e) {
      integer = integer * 256 + octet
      octet = 0
    } else {
      octet = octet * 10 + c - 0x30
    }
  }
  return integer * 256 + octet
}
