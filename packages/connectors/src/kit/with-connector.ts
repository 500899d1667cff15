/**
 * Runs `fn` with a connector (or anything disposable) and disposes it whatever happens; the error of
 * `fn` wins. A connector of an ingestion script logs that error, and lets only Millrace's own errors out.
 */
export async function withConnector<C extends AsyncDisposable & { leave?(error: unknown): Error }, T>(
  connector: C | Promise<C>,
  fn: (connector: C) => Promise<T>,
): Promise<T> {
  const opened = await connector
  let result: T
  try {
    result = await fn(opened)
  } catch (error) {
    await Promise.resolve(opened[Symbol.asyncDispose]()).catch(() => {})
    throw opened.leave ? opened.leave(error) : error
  }
  await opened[Symbol.asyncDispose]()
  return result
}
