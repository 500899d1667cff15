import type { KitLogger } from '@millrace/core'
import { ExternalDatasourceError, IngestError, ownError, SnowflakeConnectionError } from './errors.ts'

/** What happens to an exception on its way out of a connector's scope. */
export interface Scope {
  /** Logs it once and returns it, or the error of ours that has it as its cause. */
  leave(error: unknown): Error
  /** Runs work on the source: what it throws is an ExternalDatasourceError unless it is ours already. */
  source<T>(work: () => Promise<T>): Promise<T>
  /** Runs any work of the connector. */
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createScope(connector: string, log: KitLogger): Scope {
  const told = new WeakSet<Error>()

  const tell = (error: Error): Error => {
    if (!told.has(error)) log.error(`Exception raised: ${error.name}: ${error.message}`)
    told.add(error)
    return error
  }
  const guarded =
    (wrap: (message: string, cause: unknown) => Error) =>
    async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work()
      } catch (error) {
        throw tell(ownError(error, wrap))
      }
    }
  const ofSource = connector === 'snowflake' ? SnowflakeConnectionError : ExternalDatasourceError
  const wrapForeign = (message: string, cause: unknown) => new IngestError(message, cause)

  return {
    leave: (error) => tell(ownError(error, wrapForeign)),
    source: guarded((message, cause) => new ofSource(message, cause)),
    run: guarded(wrapForeign),
  }
}
