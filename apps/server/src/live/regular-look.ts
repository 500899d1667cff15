/** What a look at one thing saw. */
export interface Seen {
  /** Differs when the thing does. */
  readonly print: string
  /** Whether it can change without anybody being told. */
  readonly isOpen: boolean
}

/**
 * Looks every second at what is followed and may change without a word, by one statement for all who follow. While there is
 * no such thing it does nothing.
 */
export interface RegularLook<Key> {
  /** @param seen What the follower knows; of anything else it is told. */
  follow(key: Key, seen: Seen, tell: () => void): Disposable
  /** Something was said of it, so that it may be open again. */
  stir(key: Key): void
}

export interface RegularLookOptions<Key> {
  /** Leaves out what is not there any more. */
  readonly read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Seen>>
  readonly onFailure: (error: unknown) => void
  readonly everyMs?: number
}

interface Followed {
  print: string
  isOpen: boolean
  readonly tell: Set<() => void>
}

export function regularLook<Key>({ read, onFailure, everyMs = 1000 }: RegularLookOptions<Key>): RegularLook<Key> {
  const followed = new Map<Key, Followed>()
  let timer: NodeJS.Timeout | undefined
  let isLooking = false

  const plan = () => {
    if (isLooking || timer !== undefined || ![...followed.values()].some(({ isOpen }) => isOpen)) return
    timer = setTimeout(() => void look(), everyMs)
  }
  const look = async () => {
    timer = undefined
    isLooking = true
    try {
      const keys = [...followed].flatMap(([key, { isOpen }]) => (isOpen ? [key] : []))
      const found = keys.length === 0 ? new Map<Key, Seen>() : await read(keys)
      for (const key of keys) note(key, found.get(key) ?? { print: 'gone', isOpen: false })
    } catch (error) {
      onFailure(error)
    } finally {
      isLooking = false
      plan()
    }
  }
  const note = (key: Key, { print, isOpen }: Seen) => {
    const one = followed.get(key)
    if (one === undefined) return
    const isNews = one.print !== print
    one.print = print
    one.isOpen = isOpen
    if (isNews) for (const tell of one.tell) tell()
  }

  return {
    follow(key, { print, isOpen }, tell) {
      const one = followed.get(key) ?? { print, isOpen, tell: new Set() }
      // What others saw before may be older; then this follower is told of what it knows already.
      one.isOpen ||= isOpen
      followed.set(key, one)
      one.tell.add(tell)
      plan()
      return {
        [Symbol.dispose]() {
          one.tell.delete(tell)
          if (one.tell.size > 0 || followed.get(key) !== one) return
          followed.delete(key)
          if (followed.size > 0) return
          clearTimeout(timer)
          timer = undefined
        },
      }
    },
    stir(key) {
      const one = followed.get(key)
      if (one === undefined) return
      one.isOpen = true
      plan()
    },
  }
}
