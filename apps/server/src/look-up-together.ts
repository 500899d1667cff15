/**
 * A look-up that many want at the same time, as one statement at a time: what is asked for while one is under way waits for the next.
 * So every answer was read after it was asked for, and nothing is remembered: what was revoked is not found from then on.
 *
 * @param find Reads all of the keys; those that are not there are left out.
 */
export function lookUpTogether<Key, Value>(
  find: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): (key: Key) => Promise<Value | undefined> {
  let running: Promise<unknown> | null = null
  let next: { readonly keys: Set<Key>; readonly found: Promise<ReadonlyMap<Key, Value>> } | null = null

  const begin = async (keys: ReadonlySet<Key>) => {
    // What was asked for until now, by those who came while the one before was under way.
    await running?.catch(() => {})
    next = null
    const found = find([...keys])
    running = found
    try {
      return await found
    } finally {
      if (running === found) running = null
    }
  }
  return async (key) => {
    if (next === null) {
      const keys = new Set<Key>()
      next = { keys, found: begin(keys) }
    }
    next.keys.add(key)
    return (await next.found).get(key)
  }
}
