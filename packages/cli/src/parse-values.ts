const times: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
const sizes: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}

/** `300` or `5m`: a plain number, or seconds from a time; null when it is neither. */
export function parseAmount(text: string): number | null {
  return scaled(text, times)
}

/** `1000000`, `64MB` or `64MiB` in bytes; null when it is neither, or less than one. */
export function parseSize(text: string): number | null {
  const bytes = scaled(text, sizes)
  return bytes === null || bytes < 1 ? null : Math.round(bytes)
}

function scaled(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  if (!match) return null
  const unit = match[2] === '' ? 1 : units[(match[2] ?? '').toLowerCase()]
  const value = unit === undefined ? Number.NaN : Number(match[1]) * unit
  return Number.isFinite(value) && value <= Number.MAX_SAFE_INTEGER ? value : null
}

/** `a, "b,c"` → the names; null when it is empty or a quote is not closed. */
export function parseNames(text: string): string[] | null {
  const names: string[] = []
  const part = /\s*(?:"((?:[^"]|"")+)"|([^",]+?))\s*(,|$)/y
  for (;;) {
    const match = part.exec(text)
    if (!match) return null
    names.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === '') return names
  }
}

/** The inverse of the shell's quoting, for a command that a person is told to run. */
export function shellQuote(argument: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}
