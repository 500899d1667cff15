import { ColumnBuilder, type ValuePolicy } from './column-builder.ts'
import type { Leaf } from './schema.ts'

/** A dictionary is worth its lookups up to this size; beyond it readers lose more than they gain. */
const largestDictionary = 1024 * 1024
const sampleSize = 2048
/** A dictionary should be used this many times over. */
const leastRepetition = 3
const noPolicy: ValuePolicy = { policy: 'error', infinityAsExtremes: false, ledger: undefined as never }

/**
 * The distinct values of a column chunk in order of first appearance, found by open addressing.
 * Values are compared as their plain bytes, so -0 and 0, and every NaN, keep their bits.
 */
export class Dictionary {
  readonly entries: ColumnBuilder
  #slots = new Int32Array(1024)
  #mask = 1023

  constructor(leaf: Leaf) {
    this.entries = new ColumnBuilder(leaf, noPolicy)
  }

  /**
   * Writes the index of each value to `indices`, or returns false when the values turn out to be
   * too many; then the dictionary holds what it held before.
   */
  indexAll(values: ColumnBuilder, indices: Int32Array): boolean {
    const { entries } = this
    const before = entries.values
    const usedBefore = entries.used
    const count = values.values
    const lookups = before + count
    for (let i = 0; i < count; i++) {
      let slot = hashOf(values, i) & this.#mask
      let entry = 0
      for (;;) {
        entry = (this.#slots[slot] as number) - 1
        if (entry < 0 || equal(values, i, entries, entry)) break
        slot = (slot + 1) & this.#mask
      }
      if (entry < 0) {
        entry = entries.values
        appendValue(values, i, entries)
        this.#slots[slot] = entry + 1
        if (entries.values * 2 > this.#slots.length) this.#grow()
        if (entries.size > largestDictionary || (entries.values > 4096 && entries.values > lookups * 0.5)) {
          entries.values = before
          entries.used = usedBefore
          return false
        }
      }
      indices[i] = entry
    }
    return true
  }

  /** Empty again, for the next row group. */
  clear(): void {
    this.entries.clear()
    this.#slots.fill(0)
  }

  #grow(): void {
    this.#mask = this.#slots.length * 4 - 1
    this.#slots = new Int32Array(this.#mask + 1)
    for (let entry = 0; entry < this.entries.values; entry++) {
      let slot = hashOf(this.entries, entry) & this.#mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#slots[slot] = entry + 1
    }
  }
}

/** Judges from a sample spread over the values whether a dictionary would pay. */
export function looksRepetitive(values: ColumnBuilder): boolean {
  const count = values.values
  if (count < 8) return false
  const step = Math.max(1, Math.floor(count / sampleSize))
  let jitter = 1
  const seen = new Int32Array(8192)
  let sampled = 0
  let distinct = 0
  for (let i = 0; i < count && sampled < sampleSize; ) {
    // Never 0, which marks a free slot; a rare collision only makes the sample look more repetitive.
    const hash = hashOf(values, i) | 1
    let slot = (hash >>> 5) & 8191
    while (seen[slot] !== 0 && seen[slot] !== hash) slot = (slot + 1) & 8191
    if (seen[slot] === 0) {
      seen[slot] = hash
      distinct++
    }
    sampled++
    // Uneven steps of that length on average: even ones would miss the repetition of periodic values.
    jitter = (Math.imul(jitter, 1_664_525) + 1_013_904_223) >>> 0
    i += step === 1 ? 1 : 1 + ((jitter >>> 8) % (2 * step - 1))
  }
  // Below a few dozen repetitions the sample cannot tell many values from unique ones.
  if (distinct > sampled * 0.95) return false
  // Of n values drawn from k equally frequent ones about n²/2k were drawn before.
  const estimate = sampled === count ? distinct : Math.max(distinct, (sampled * sampled) / (2 * (sampled - distinct)))
  if (estimate * leastRepetition > count) return false
  return (estimate / count) * values.size <= largestDictionary
}

function hashOf(values: ColumnBuilder, i: number): number {
  const { words } = values
  let hash: number
  if (values.width === 8) {
    hash =
      Math.imul(words[i * 2] as number, 0x9e3779b1) ^ Math.imul((words[i * 2 + 1] as number) + 0x7f4a7c15, 0x85ebca6b)
  } else if (values.width === 4) hash = Math.imul(words[i] as number, 0x9e3779b1)
  else if (values.width === 16) {
    hash = Math.imul((words[i * 4] as number) ^ (words[i * 4 + 2] as number), 0x9e3779b1)
    hash ^= Math.imul((words[i * 4 + 1] as number) + (words[i * 4 + 3] as number), 0x85ebca6b)
  } else {
    const { view } = values
    const start = values.starts[i] as number
    const length = view.getInt32(start, true)
    // The ends of a long value, with its length, tell most values apart.
    hash = length
    const head = start + 4 + (length < 64 ? length : 64)
    let at = start + 4
    for (; at + 4 <= head; at += 4) {
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(view.getInt32(at, true), 0x9e3779b1)
    }
    for (; at < head; at++) hash = Math.imul(hash ^ view.getUint8(at), 0x01000193)
    if (length > 64) {
      const end = start + 4 + length
      for (at = Math.max(head, end - 32); at + 4 <= end; at += 4) {
        hash = Math.imul((hash << 13) | (hash >>> 19), 5) ^ Math.imul(view.getInt32(at, true), 0x9e3779b1)
      }
    }
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}

function equal(a: ColumnBuilder, i: number, b: ColumnBuilder, j: number): boolean {
  if (a.width === 8) return a.words[i * 2] === b.words[j * 2] && a.words[i * 2 + 1] === b.words[j * 2 + 1]
  if (a.width === 4) return a.words[i] === b.words[j]
  if (a.width === 16) {
    for (let k = 0; k < 4; k++) if (a.words[i * 4 + k] !== b.words[j * 4 + k]) return false
    return true
  }
  const left = a.view
  const right = b.view
  const p = a.starts[i] as number
  const q = b.starts[j] as number
  // The length comes first, so differing lengths end the comparison at once.
  const total = left.getInt32(p, true) + 4
  let at = 0
  for (; at + 4 <= total; at += 4) if (left.getInt32(p + at, true) !== right.getInt32(q + at, true)) return false
  for (; at < total; at++) if (left.getUint8(p + at) !== right.getUint8(q + at)) return false
  return true
}

function appendValue(from: ColumnBuilder, i: number, to: ColumnBuilder): void {
  to.reserve(1)
  if (from.width === 0) {
    const start = from.starts[i] as number
    to.appendBytes(from.bytes, from.view, start + 4, from.view.getInt32(start, true))
    to.rows = 0
    return
  }
  const wordsPerValue = from.width / 4
  for (let k = 0; k < wordsPerValue; k++) {
    to.words[to.values * wordsPerValue + k] = from.words[i * wordsPerValue + k] as number
  }
  to.values++
}
