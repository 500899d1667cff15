export interface ReceivedEvent {
  readonly event: string
  /** Of this event or the last one before that had an id. */
  readonly id: string | undefined
  readonly data: string
}

/** The server says something every 15 s, if only that it is there. */
const longestSilenceMs = 45_000

/** Reads server-sent events as they arrive; ends when the connection does, or when nothing comes over it any more. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ReceivedEvent> {
  let rest = ''
  let id: string | undefined
  let event = 'message'
  let data: string[] = []
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await readSoon(reader)
      if (done) return
      rest += decoder.decode(value, { stream: true })
      const lines = rest.split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line === '') {
          if (data.length > 0) yield { event, id, data: data.join('\n') }
          event = 'message'
          data = []
          continue
        }
        const [, name, text = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
        if (name === 'data') data.push(text)
        else if (name === 'event') event = text
        else if (name === 'id') id = text
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** A connection can die without a word: the machine slept, or the network is another. */
async function readSoon(reader: ReadableStreamDefaultReader<Uint8Array>) {
  const timer = setTimeout(() => void reader.cancel().catch(() => {}), longestSilenceMs)
  try {
    return await reader.read()
  } finally {
    clearTimeout(timer)
  }
}
