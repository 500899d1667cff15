/**
 * The fields of one line of CSV, quotes removed; null for an unquoted empty field. The result is null when
 * a quote is left open or followed by something else.
 */
export function csvFields(line: string, delimiter: string): (string | null)[] | null {
  const fields: (string | null)[] = []
  let at = 0
  for (;;) {
    let field: string | null
    if (line[at] === '"') {
      let end = at + 1
      for (;;) {
        end = line.indexOf('"', end)
        if (end === -1) return null
        if (line[end + 1] !== '"') break
        end += 2
      }
      field = line.slice(at + 1, end).replaceAll('""', '"')
      at = end + 1
      if (at < line.length && line[at] !== delimiter) return null
    } else {
      const end = line.indexOf(delimiter, at)
      const text = line.slice(at, end === -1 ? line.length : end)
      field = text === '' || text === '\\N' ? null : text
      at = end === -1 ? line.length : end
    }
    fields.push(field)
    if (at >= line.length) return fields
    at++
    if (at === line.length) return [...fields, null]
  }
}

/** The first record of some CSV with the bytes it takes; null when its end is not in there. */
export function firstRecord(head: Buffer): { readonly text: string; readonly bytes: number } | null {
  let quoted = false
  for (let at = 0; at < head.length; at++) {
    if (head[at] === 0x22) quoted = !quoted
    else if (head[at] === 0x0a && !quoted) {
      return { text: head.subarray(0, at).toString().replace(/\r$/, ''), bytes: at + 1 }
    }
  }
  return null
}
