import { DataError } from '@millrace/core'

const frameMagic = 0xfd2fb528
const skippableMagic = 0x184d2a50

type Stage = 'magic' | 'skippable-size' | 'descriptor' | 'block-header' | 'pass'

/**
 * Finds where zstd frames end, by the layout of RFC 8878 (section 3.1) and without decompressing:
 * Node's decompression stream ends at the first frame and drops what follows.
 */
export class ZstdFrames {
  #stage: Stage = 'magic'
  readonly #field = Buffer.alloc(4)
  #have = 0
  /** Bytes to pass over before `#after`. */
  #pass = 0
  #after: Stage = 'magic'
  #checksum = false

  /** Whether the bytes so far end with a frame. */
  get between(): boolean {
    return this.#stage === 'magic' && this.#have === 0
  }

  /** Takes bytes up to the end of the frame, returns where it stopped. */
  take(bytes: Uint8Array, from: number): number {
    let i = from
    while (i < bytes.length) {
      if (this.#stage === 'pass') {
        const size = Math.min(this.#pass, bytes.length - i)
        i += size
        this.#pass -= size
        if (this.#pass > 0) break
        this.#stage = this.#after
      } else {
        this.#field[this.#have++] = bytes[i++] as number
        if (this.#have < fieldBytes[this.#stage]) continue
        this.#have = 0
        this.#read(this.#stage)
      }
      if (this.between) break
    }
    return i
  }

  #read(stage: Exclude<Stage, 'pass'>): void {
    const field = this.#field
    switch (stage) {
      case 'magic': {
        const magic = field.readUInt32LE(0)
        const skippable = (magic & 0xfffffff0) >>> 0 === skippableMagic
        if (magic !== frameMagic && !skippable) {
          throw new DataError('COMPRESSED_FILE_DAMAGED', {
            message: 'The file is not zstd, or is damaged where a frame should begin. Make it again.',
          })
        }
        this.#stage = skippable ? 'skippable-size' : 'descriptor'
        break
      }
      case 'skippable-size':
        this.#passOver(field.readUInt32LE(0), 'magic')
        break
      case 'descriptor': {
        const descriptor = field[0] as number
        const singleSegment = (descriptor & 0x20) !== 0
        const sizeFlag = descriptor >> 6
        const contentSize = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag
        const dictionary = [0, 1, 2, 4][descriptor & 3] as number
        this.#checksum = (descriptor & 4) !== 0
        this.#passOver((singleSegment ? 0 : 1) + dictionary + contentSize, 'block-header')
        break
      }
      case 'block-header': {
        const header = field.readUIntLE(0, 3)
        const last = (header & 1) !== 0
        const repeated = ((header >> 1) & 3) === 1
        const size = repeated ? 1 : header >> 3
        if (last) this.#passOver(size + (this.#checksum ? 4 : 0), 'magic')
        else this.#passOver(size, 'block-header')
      }
    }
  }

  #passOver(size: number, after: Stage): void {
    this.#stage = size === 0 ? after : 'pass'
    this.#pass = size
    this.#after = after
  }
}

const fieldBytes = { magic: 4, 'skippable-size': 4, descriptor: 1, 'block-header': 3 } as const
