import { StringDecoder } from 'node:string_decoder'

type Stream = NodeJS.WriteStream

export interface Captured extends Disposable {
  /** Past the capture. */
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

/**
 * Gives what is printed in this process, by `console` or otherwise, line by line, until it is disposed of; the last line
 * without a break, too. `onLine` is called where it was printed, so that it may find out by whom.
 */
export function capturePrinted(onLine: (source: 'stdout' | 'stderr', line: string) => void): Captured {
  const out = captureStream(process.stdout, (line) => onLine('stdout', line))
  const err = captureStream(process.stderr, (line) => onLine('stderr', line))
  return {
    out: out.write,
    err: err.write,
    [Symbol.dispose]() {
      out.restore()
      err.restore()
    },
  }
}

function captureStream(stream: Stream, onLine: (line: string) => void) {
  const original = stream.write
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const take = (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line.replace(/\r$/, ''))
  }
  const capture = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    callback?: (error?: Error | null) => void,
  ) => {
    const given = typeof encoding === 'string' ? encoding : 'utf8'
    take(decoder.write(typeof chunk === 'string' ? Buffer.from(chunk, given) : Buffer.from(chunk)))
    const done = typeof encoding === 'function' ? encoding : callback
    if (done) process.nextTick(done)
    return true
  }
  stream.write = capture as Stream['write']
  return {
    write: (text: string) => void original.call(stream, text),
    restore() {
      if (stream.write === capture) stream.write = original
      take(decoder.end())
      if (rest !== '') onLine(rest)
      rest = ''
    },
  }
}
