import type { Column } from '@millrace/formats'

/** Stands for NULL in a path, as Hive, Spark and DuckDB have it. */
export const nullPartition = '__HIVE_DEFAULT_PARTITION__'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are among what a path may not hold
const odd = /[\u0000-\u001f"#%'*/:=?\\\u007f{[\]^]/g

/** `year=2024/month=5` for canonical text. */
export function partitionPath(columns: readonly Column[], values: readonly (string | null)[]): string {
  return columns
    .map(({ name, type }, place) => {
      const value = values[place] ?? null
      return `${encode(name)}=${value === null ? nullPartition : encodeValue(value, type.kind)}`
    })
    .join('/')
}

/** Names and values of a path's folders; null when one of them is not of the form `name=value`. */
export function parsePartitionPath(folders: readonly string[]): { name: string; value: string | null }[] | null {
  const parts: { name: string; value: string | null }[] = []
  for (const folder of folders) {
    const equals = folder.indexOf('=')
    if (equals < 1) return null
    const value = folder.slice(equals + 1)
    parts.push({ name: decode(folder.slice(0, equals)), value: value === nullPartition ? null : decode(value) })
  }
  return parts
}

function encodeValue(value: string, kind: Column['type']['kind']): string {
  if (kind === 'boolean') return value === 't' ? 'true' : 'false'
  return value === nullPartition ? value.replace('_', '%5F') : encode(value)
}

function encode(text: string): string {
  return text.replaceAll(odd, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}

function decode(text: string): string {
  // Only what is an escape is taken for one: other writers leave a lone percent sign as it is.
  return text.replaceAll(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}
