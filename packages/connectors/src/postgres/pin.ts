/** SQLSTATE `query_canceled`: by `statement_timeout`, or by somebody's request. */
const cancelled = '57014'

const attempts = 50

/**
 * Sets what a session needs, `pin`, also where the role or the database ends statements so soon that the settings
 * themselves do not get through: then the limit is lifted first, by a statement so short that one of 50 tries passes.
 * Throws what `pin` throws.
 */
export async function pinWithoutTimeout<T>(run: (sql: string) => Promise<unknown>, pin: () => Promise<T>): Promise<T> {
  try {
    return await pin()
  } catch (error) {
    if (!isCancelled(error)) throw error
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await run('SET statement_timeout = 0')
      return await pin()
    } catch (error) {
      if (!isCancelled(error) || attempt === attempts) throw error
    }
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof Error && ('code' in error && error.code === cancelled ? true : isCancelled(error.cause))
}
