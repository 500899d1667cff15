import { randomUUID } from 'node:crypto'
import { ConfigError, DataError } from '@millrace/core'
import type { ObjectStore } from '../kit/object-store.ts'

/** A store whose every write can be the last: it stands for the process that is killed around it. */
export interface MemoryStore extends ObjectStore {
  readonly objects: Map<string, { readonly bytes: Buffer; readonly etag: string }>
  /** Changes to the store until it fails for good, `before` or `after` the last of them took effect. */
  failAt(change: number, when: 'before' | 'after'): void
  heal(): void
  readonly changes: number
  keys(): string[]
}

export function createMemoryStore(bucket: string = randomUUID()): MemoryStore {
  const objects: MemoryStore['objects'] = new Map()
  let changes = 0
  let limit: { readonly at: number; readonly when: 'before' | 'after' } | null = null
  let dead = false

  const killed = () => {
    dead = true
    return new Error('killed')
  }
  const refuseDead = () => {
    if (dead) throw new Error('killed')
  }
  const change = (work: () => void) => {
    refuseDead()
    changes++
    if (limit?.at === changes && limit.when === 'before') throw killed()
    work()
    if (limit?.at === changes) throw killed()
  }
  const uri = (key: string) => `memory://${bucket}/${key}`
  const changed = (key: string) => new DataError('OBJECT_CHANGED', { message: `${uri(key)} was changed.` })
  const found = (key: string) => {
    const object = objects.get(key)
    if (!object) throw new ConfigError('OBJECT_NOT_FOUND', { message: `There is no ${uri(key)}.` })
    return object
  }
  const put = (key: string, bytes: Buffer) => {
    const etag = randomUUID()
    change(() => objects.set(key, { bytes, etag }))
    return { key, size: bytes.length, etag, modifiedAt: new Date() }
  }
  const below = (prefix: string) =>
    [...objects.keys()].filter((key) => prefix === '' || key.startsWith(`${prefix}/`)).sort()

  const store: MemoryStore = {
    bucket,
    objects,
    uri,
    get changes() {
      return changes
    },
    keys: () => [...objects.keys()].sort(),
    failAt(at, when) {
      changes = 0
      limit = { at, when }
    },
    heal() {
      dead = false
      limit = null
    },
    async *list(prefix, options = {}) {
      refuseDead()
      for (const key of below(prefix)) {
        const object = objects.get(key)
        if (!object || (options.after !== undefined && key <= options.after)) continue
        yield { key, size: object.bytes.length, etag: object.etag, modifiedAt: null }
      }
    },
    ls: async (prefix) => below(prefix),
    async stat(key) {
      refuseDead()
      const object = objects.get(key)
      return object ? { key, size: object.bytes.length, etag: object.etag, modifiedAt: null } : null
    },
    publicUrl: async (key) => uri(key),
    async *read(key, { start = 0, end, etag } = {}) {
      refuseDead()
      const object = found(key)
      if (etag !== undefined && etag !== object.etag) throw changed(key)
      const bytes = object.bytes.subarray(start, end)
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
    },
    async write(key, content, { ifAbsent, ifEtag } = {}) {
      refuseDead()
      const parts: Uint8Array[] = []
      for await (const part of content) parts.push(part)
      const there = objects.get(key)
      if (ifAbsent && there) throw new ConfigError('OBJECT_EXISTS', { message: `${uri(key)} is there.` })
      if (ifEtag !== undefined && there?.etag !== ifEtag) throw changed(key)
      return put(key, Buffer.concat(parts))
    },
    compose: async (keys, into) => put(into, Buffer.concat(keys.map((key) => found(key).bytes))),
    async rm(key) {
      change(() => objects.delete(key))
    },
    async rmtree(prefix) {
      for (const key of below(prefix)) change(() => objects.delete(key))
    },
    cat: async () => null,
  }
  return store
}
