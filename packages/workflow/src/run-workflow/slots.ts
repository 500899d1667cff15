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
  readonly start: () => void
}

/** Decides which attempt may start: by priority, then by who came first, as far as there is room. */
export class Slots {
  readonly #concurrency: number
  readonly #pools: Readonly<Record<string, number>>
  readonly #poolsInUse = new Map<string, number>()
  readonly #keysInUse = new Map<string, number>()
  readonly #waiting: Waiting[] = []
  #inUse = 0

  constructor(concurrency: number, pools: Readonly<Record<string, number>>) {
    this.#concurrency = concurrency
    this.#pools = pools
  }

  /** Waits for room; dispose of what it gives to make room again. @throws the signal's reason */
  take(request: SlotRequest, signal: AbortSignal): Promise<Disposable> {
    this.#refuseImpossible(request)
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason)
      }
      const start = () => {
        signal.removeEventListener('abort', stop)
        this.#count(request, 1)
        resolve({
          [Symbol.dispose]: () => {
            this.#count(request, -1)
            this.#dispatch()
          },
        })
      }
      const waiting = { request, start }
      if (signal.aborted) return reject(signal.reason)
      signal.addEventListener('abort', stop, { once: true })
      this.#enqueue(waiting)
      this.#dispatch()
    })
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
  }

  #dispatch(): void {
    for (let at = 0; at < this.#waiting.length && this.#inUse < this.#concurrency; ) {
      const waiting = this.#waiting[at] as Waiting
      if (this.obstacle(waiting.request) === undefined) {
        this.#waiting.splice(at, 1)
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
