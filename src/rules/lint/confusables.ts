/**
 * Letters that look like ASCII ones in the fonts of browsers, for host names in
 * lower case: Cyrillic, Greek, Armenian and the letters of Latin that are no
 * accented form of another. Written by hand after the idea of Unicode TR 39 §4;
 * accents are left out, because `müller` and `muller` are told apart.
 */
const LOOKS_LIKE: Readonly<Record<string, string>> = {
  a: 'аɑα',
  b: 'Ььƅ',
  c: 'сϲᴄ',
  d: 'ԁɗ',
  e: 'еҽ',
  f: 'ƒք',
  g: 'ɡցɢ',
  h: 'һհ',
  i: 'іıɩɪι',
  j: 'јϳ',
  k: 'кκᴋ',
  l: 'ӏⅼǀו',
  m: 'мⅿ',
  n: 'ոռɴп',
  o: 'оοօσᴏ',
  p: 'рρ',
  q: 'ԛզ',
  r: 'гᴦꭇ',
  s: 'ѕꜱ',
  t: 'тτᴛ',
  u: 'υսᴜʋ',
  v: 'ѵνᴠ',
  w: 'ԝաᴡɯ',
  x: 'хχ',
  y: 'уүγу',
  z: 'ᴢʐ',
  ae: 'ӕ',
  oe: 'œ',
  '-': '‐‑–',
  '3': 'зӡ',
  '6': 'б',
}

const ASCII_OF = new Map(Object.entries(LOOKS_LIKE).flatMap(([ascii, letters]) => [...letters].map((l) => [l, ascii])))

/** The text with every letter that looks like an ASCII one replaced by it: texts with one skeleton look alike. */
export function skeletonOf(text: string): string {
  let skeleton = ''
  for (const letter of text) skeleton += ASCII_OF.get(letter) ?? letter
  return skeleton
}
