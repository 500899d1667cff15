import { StringDecoder } from 'node:string_decoder'

/** Longer lines are cut into several. */
const longestLine = 16 * 1024

export interface LineSplitter {
  push(chunk: Uint8Array | string): void
  /** Gives what has no line break yet. */
  flush(): void
}

/** Makes lines of a stream of text or bytes; memory is bounded by one line. */
export function lineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const give = (line: string) => onLine(line.endsWith('\r') ? line.slice(0, -1) : line)
  const take = (text: string) => {
    let from = 0
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      rest += text.slice(from, at)
      from = at + 1
      giveCut()
      give(rest)
      rest = ''
    }
    rest += text.slice(from)
    giveCut()
  }
  const giveCut = () => {
    while (rest.length > longestLine) {
      onLine(rest.slice(0, longestLine))
      rest = rest.slice(longestLine)
    }
  }
  return {
    push: (chunk) => take(typeof chunk === 'string' ? chunk : decoder.write(chunk as Buffer)),
    flush() {
      take(decoder.end())
      if (rest !== '') give(rest)
      rest = ''
    },
  }
}
