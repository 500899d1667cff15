/**
 * Messages between a worker and the process of a task: four bytes with the length, big-endian, then JSON in UTF-8.
 * Larger ones than this are refused on both sides; outputs are bounded well below it.
 */
export const frameLimitBytes = 48 * 1024 * 1024

const headerBytes = 4

export function encodeFrame(message: unknown): Buffer {
  const text = JSON.stringify(message)
  const length = Buffer.byteLength(text)
  const frame = Buffer.allocUnsafe(headerBytes + length)
  frame.writeUInt32BE(length)
  frame.write(text, headerBytes)
  return frame
}

/**
 * Takes bytes as they come and gives whole messages. What cannot be a message is told once to `onGarbage`, and nothing
 * after it is read: there is no way to find the next one.
 */
export function frameReader<Message>(
  onMessage: (message: Message) => void,
  onGarbage: (error: Error) => void,
): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let held = 0
  let wanted = headerBytes
  let broken = false

  const takeFrames = () => {
    let bytes = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
    while (bytes.length >= headerBytes) {
      const length = bytes.readUInt32BE()
      if (length > frameLimitBytes) throw new Error(`A message of ${length} bytes cannot be.`)
      if (bytes.length < headerBytes + length) {
        wanted = headerBytes + length
        break
      }
      const message = JSON.parse(bytes.toString('utf8', headerBytes, headerBytes + length)) as Message
      if (typeof message !== 'object' || message === null) throw new Error('A message is an object.')
      bytes = bytes.subarray(headerBytes + length)
      wanted = headerBytes
      onMessage(message)
    }
    parts = bytes.length === 0 ? [] : [bytes]
    held = bytes.length
  }

  return (chunk) => {
    if (broken) return
    parts.push(chunk)
    held += chunk.length
    // A large message comes in many chunks: they are put together once, when all are there.
    if (held < wanted) return
    try {
      takeFrames()
    } catch (error) {
      broken = true
      parts = []
      onGarbage(error instanceof Error ? error : new Error(String(error)))
    }
  }
}
