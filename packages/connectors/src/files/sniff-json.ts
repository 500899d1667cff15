import type { Column, JsonOptions } from '@millrace/formats'

const lines = 200

/**
 * The choices a file of ours was written with, from its first rows: a file says nothing about
 * itself, and a proof made later has only the file.
 */
export async function sniffJsonOptions(
  bytes: AsyncIterable<Uint8Array>,
  columns: readonly Column[],
): Promise<JsonOptions> {
  const rows = await firstRows(bytes)
  const some = (kinds: readonly string[], test: (value: unknown) => boolean) => {
    const names = columns.filter(({ type }) => kinds.includes(type.kind)).map(({ name }) => name)
    return rows.some((row) => names.some((name) => row[name] != null && test(row[name])))
  }
  const quotedNumbers = some(['integer', 'decimal'], (value) => typeof value === 'string' && /\d/.test(value))
  const base64 = some(['binary'], (value) => typeof value === 'string' && !value.startsWith('\\x'))
  const documents = some(['json'], () => true) && !some(['json'], (value) => !isDocumentText(value))
  return {
    jsonNumbers: quotedNumbers ? 'string' : 'number',
    jsonBinary: base64 ? 'base64' : 'hex',
    jsonAs: documents ? 'string' : 'raw',
  }
}

function isDocumentText(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    JSON.parse(value)
    return true
  } catch {
    return false
  }
}

async function firstRows(bytes: AsyncIterable<Uint8Array>): Promise<Record<string, unknown>[]> {
  let text = ''
  for await (const part of bytes) {
    text += Buffer.from(part).toString('utf8')
    if (text.split('\n', lines + 1).length > lines || text.length > 8 << 20) break
  }
  return text.split('\n', lines).flatMap((line) => {
    try {
      return [JSON.parse(line) as Record<string, unknown>]
    } catch {
      return []
    }
  })
}
