import { ConfigError, DataError, FatalError } from '@millrace/core'
import type { Source } from '../kit/source.ts'

/** Local path of a copy → address of its object. */
export type Addresses = ReadonlyMap<string, string>

/** Errors speak of local copies, which nobody knows: they are called by their objects. */
export function atAddress(error: unknown, addresses: Addresses): unknown {
  if (!(error instanceof DataError || error instanceof ConfigError || error instanceof FatalError)) return error
  const meant = [...addresses].filter(([file]) => error.message.includes(file))
  const [first] = meant
  if (first === undefined) return error
  const message = meant.reduce((text, [file, address]) => text.replaceAll(file, address), error.message)
  const options = { message, details: error.details, cause: error.cause }
  if (error instanceof ConfigError) return new ConfigError(error.code, options)
  if (error instanceof FatalError) return new FatalError(error.code, options)
  return new DataError(error.code, { ...options, details: { ...error.details, file: first[1] } })
}

/** The same source, whose errors name objects. */
export function withAddresses(source: Source, addresses: Addresses): Source {
  const named = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work
    } catch (error) {
      throw atAddress(error, addresses)
    }
  }
  return {
    ...source,
    describe: async (relation) => await named(source.describe(relation)),
    count: async (relation, signal) => await named(source.count(relation, signal)),
    contentHash: async (relation, columns, signal) => await named(source.contentHash(relation, columns, signal)),
    cursorMark: async (relation, cursor, keys) => await named(source.cursorMark(relation, cursor, keys)),
    countNullCursors: async (relation, cursor) => await named(source.countNullCursors(relation, cursor)),
    async *read(request) {
      try {
        yield* source.read(request)
      } catch (error) {
        throw atAddress(error, addresses)
      }
    },
  }
}
