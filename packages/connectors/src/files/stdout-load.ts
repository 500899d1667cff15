import { ConfigError, FatalError } from '@millrace/core'
import { createCompressor, parquetFooter, type RowGroupIndex } from '@millrace/formats'
import { serial } from '../kit/serial.ts'
import type { Load, LoadSpec } from '../kit/sink.ts'
import { withCarriageReturns } from './line-ends.ts'
import type { FileTarget } from './place.ts'
import { filePrefix } from './staging-file.ts'

/**
 * A load to standard output. Nothing is staged: rows are out as they come, so there is nothing to
 * resume, to publish or to take back. The rows of parallel chunks come piece by piece, in any order.
 */
export async function openStdoutLoad(
  target: FileTarget,
  spec: LoadSpec,
  out: NodeJS.WritableStream = process.stdout,
): Promise<Load> {
  const compressor = createCompressor(target.format === 'parquet' ? 'none' : target.compression)
  const groups: { index: RowGroupIndex; offset: number }[] = []
  const inOrder = serial()
  let position = 0
  let rows = 0
  let failure: unknown = null
  const failed = (error: unknown) => {
    failure ??= error
  }
  out.on('error', failed)

  const emit = (bytes: Uint8Array): Promise<void> => {
    position += bytes.length
    return new Promise((resolve, reject) => {
      if (failure) return reject(closed(failure))
      // The piece is valid until the next is asked for, and the callback comes when it is written.
      out.write(bytes, (error) => (error ? reject(closed(error)) : resolve()))
    })
  }

  await emit(await filePrefix(target, spec.columns))
  return {
    async writeChunk(_chunk, pieces) {
      let written = 0
      let bytes = 0
      for await (const piece of pieces) {
        spec.signal.throwIfAborted()
        await inOrder(async () => {
          if (piece.index) groups.push({ index: piece.index, offset: position })
          const content =
            target.format === 'csv' && target.csv?.lineEnd === 'crlf'
              ? withCarriageReturns(piece.bytes, piece.rows)
              : piece.bytes
          for (const part of await compressor.write(content)) await emit(part)
        })
        written += piece.rows
        bytes += piece.bytes.length
      }
      rows += written
      return { rows: written, bytes }
    },
    async discardChunks() {
      throw new FatalError('STDOUT_NOT_STAGED', { message: 'Rows that went to standard output cannot be taken back.' })
    },
    stagedCount: async () => rows,
    async stagedHash() {
      throw new ConfigError('STDOUT_NOT_READABLE', {
        message: 'What went to standard output cannot be read back. Use --verify count, or copy to a file.',
      })
    },
    async publish() {
      for (const part of await compressor.end()) await emit(part)
      if (target.format === 'parquet') await emit(parquetFooter(spec.columns, groups))
      return { inserted: rows, updated: 0, skipped: 0 }
    },
    complete: async () => {},
    abandon: async () => {},
    async [Symbol.asyncDispose]() {
      out.off('error', failed)
    },
  }
}

function closed(error: unknown): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') return error
  return new FatalError('STDOUT_CLOSED', {
    message: 'The program that reads standard output went away before all rows were written.',
    cause: error,
  })
}
