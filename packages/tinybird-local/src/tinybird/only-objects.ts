import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'

/**
 * Writes the lines of a file that are an object into another file, and counts the others. ClickHouse does not look at
 * lines: an object that is left open would take the next line with it, and one that is none ends the whole file.
 */
export async function onlyObjects(file: string, target: string): Promise<{ readonly others: number }> {
  let others = 0
  const lines = async function* () {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      const text = line.replace(/^\ufeff/, '').trim()
      if (text === '') continue
      if (isObject(text)) yield `${text}\n`
      else others++
    }
  }
  await pipeline(lines, createWriteStream(target, { mode: 0o600 }))
  return { others }
}

function isObject(text: string): boolean {
  if (!text.startsWith('{')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
