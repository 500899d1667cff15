/** Runs `fn` with a connector (or anything disposable) and disposes it whatever happens; the error of `fn` wins. */
export async function withConnector<C extends AsyncDisposable, T>(
  connector: C | Promise<C>,
  fn: (connector: C) => Promise<T>,
): Promise<T> {
  const opened = await connector
  let result: T
  try {
    result = await fn(opened)
  } catch (error) {
    await Promise.resolve(opened[Symbol.asyncDispose]()).catch(() => {})
    throw error
  }
  await opened[Symbol.asyncDispose]()
  return result
}
