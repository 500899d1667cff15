const slabBytes = 2 * 1024 * 1024

/** Slabs that no row group uses. Reusing them keeps memory flat where the allocator would fragment. */
export type FreeSlabs = Buffer[]

/** The compressed pages of one row group, until they are joined to a piece. */
export class PageStore {
  readonly #free: FreeSlabs
  readonly #slabs: Buffer[] = []
  #used = slabBytes

  constructor(free: FreeSlabs) {
    this.#free = free
  }

  keep(page: Uint8Array): Uint8Array {
    // Large pages are few, and would waste the rest of a slab.
    if (page.length > slabBytes / 2) return Buffer.from(page)
    if (this.#used + page.length > slabBytes) {
      this.#slabs.push(this.#free.pop() ?? Buffer.allocUnsafeSlow(slabBytes))
      this.#used = 0
    }
    const slab = this.#slabs[this.#slabs.length - 1] as Buffer
    slab.set(page, this.#used)
    this.#used += page.length
    return slab.subarray(this.#used - page.length, this.#used)
  }

  /** What `keep` returned is invalid after this. */
  release(): void {
    this.#free.push(...this.#slabs)
    this.#slabs.length = 0
    this.#used = slabBytes
  }
}
