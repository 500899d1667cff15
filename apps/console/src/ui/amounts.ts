const exact = new Intl.NumberFormat()
const rough = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 })

export function rowsText(rows: number): string {
  return `${rows < 100_000 ? exact.format(rows) : rough.format(rows)} ${rows === 1 ? 'row' : 'rows'}`
}

export function countText(count: number): string {
  return exact.format(count)
}

/** Such as `81.2k rows/s`; empty where there is nothing to be measured. */
export function rateText(rows: number, durationMs: number): string {
  if (rows === 0 || durationMs <= 0) return ''
  const rate = (rows / durationMs) * 1000
  return `${rough.format(rate < 10 ? rate : Math.round(rate))} rows/s`
}

/** Bytes for people, in powers of 1024. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** step
  return `${step === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[step]}`
}
