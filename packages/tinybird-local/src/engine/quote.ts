export function quoteText(value: string): string {
  return `'${value.replace(/[\\']/g, '\\$&')}'`
}

export function quoteName(value: string): string {
  return `\`${value.replace(/[\\`]/g, '\\$&')}\``
}
