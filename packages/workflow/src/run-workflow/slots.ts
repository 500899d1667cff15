import { ConfigError } from '@millrace/core'

export interface SlotRequest {
  readonly priority: number
  readonly pool: string | null
  readonly poolSlots: number
  readonly key: string | null
  /** Attempts with this key at a time. */
  readonly keyLimit: number
}

interface Waiting {
  readonly request: SlotRequest
  readonly signal: AbortSignal
  readonly start: () => void
  readonly stop: () => void
}

/** Decides which attempt may start: by priority, then by who came first, as far as there is room. */
export class Slots {
  readonly #concurrency: number
  readonly #pools: Readonly<Record<string, number>>
  readonly #poolsInUse = new Map<string, number>()
  readonly #keysInUse = new Map<string, number>()
  readonly #signals = new WeakSet<AbortSignal>()
  #waiting: Waiting[] = []
  #inUse = 0

  constructor(concurrency: number, pools: Readonly<Record<string, number>>) {
    this.#concurrency = concurrency
    this.#pools = pools
  }

  /** Waits for room; dispose of what it gives to make room again. @throws the signal's reason */
  async take(request: SlotRequest, signal: AbortSignal): Promise<Disposable> {
    this.#refuseImpossible(request)
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiting: Waiting = { request, signal, start: resolve, stop: () => reject(signal.reason) }
    this.#enqueue(waiting)
    this.#dispatch()
    await promise
    return {
      [Symbol.dispose]: () => {
        this.#count(request, -1)
        this.#dispatch()
      },
    }
  }

  /** What stands in the way of a request, for people; undefined when nothing does. */
  obstacle({ pool, poolSlots, key, keyLimit }: SlotRequest): string | undefined {
    if (pool !== null && this.#pools[pool] !== undefined) {
      const inUse = this.#poolsInUse.get(pool) ?? 0
      if (inUse + poolSlots > this.#pools[pool]) return `waiting for pool ${pool} ${inUse}/${this.#pools[pool]}`
    }
    if (key !== null) {
      const inUse = this.#keysInUse.get(key) ?? 0
      if (inUse >= keyLimit) return `waiting for concurrency key ${key} ${inUse}/${keyLimit}`
    }
    return this.#inUse < this.#concurrency ? undefined : `waiting for a free slot ${this.#inUse}/${this.#concurrency}`
  }

  #enqueue(waiting: Waiting): void {
    let at = this.#waiting.length
    while (at > 0 && (this.#waiting[at - 1] as Waiting).request.priority < waiting.request.priority) at--
    this.#waiting.splice(at, 0, waiting)
    const { signal } = waiting
    // One listener for all that wait with it: there may be thousands.
    if (this.#signals.has(signal)) return
    this.#signals.add(signal)
    signal.addEventListener('abort', () => this.#stopAll(signal), { once: true })
  }

  #stopAll(signal: AbortSignal): void {
    const stopped = this.#waiting.filter((waiting) => waiting.signal === signal)
    this.#waiting = this.#waiting.filter((waiting) => waiting.signal !== signal)
    for (const { stop } of stopped) stop()
  }

  #dispatch(): void {
    for (let at = 0; at < this.#waiting.length && this.#inUse < this.#concurrency; ) {
      const waiting = this.#waiting[at] as Waiting
      if (this.obstacle(waiting.request) === undefined) {
        this.#waiting.splice(at, 1)
        this.#count(waiting.request, 1)
        waiting.start()
      } else at++
    }
  }

  #count({ pool, poolSlots, key }: SlotRequest, sign: 1 | -1): void {
    this.#inUse += sign
    if (pool !== null) this.#poolsInUse.set(pool, (this.#poolsInUse.get(pool) ?? 0) + sign * poolSlots)
    if (key !== null) this.#keysInUse.set(key, (this.#keysInUse.get(key) ?? 0) + sign)
  }

  #refuseImpossible({ pool, poolSlots }: SlotRequest): void {
    const size = pool === null ? undefined : this.#pools[pool]
    if (size === undefined || poolSlots <= size) return
    throw new ConfigError('POOL_TOO_SMALL', {
      message: `The task takes ${poolSlots} slots of pool "${pool}", which has ${size}. Make the pool larger, or lower the task's poolSlots.`,
      details: { pool, poolSlots, size },
    })
  }
}
