import { randomUUID } from 'node:crypto'
import {
  catObjects,
  checkKey,
  folderPrefix,
  keysOf,
  type ObjectInfo,
  type ObjectStore,
  type ObjectWriteOptions,
  objectChanged,
  objectExists,
  objectNotFound,
  partsOf,
  sendParts,
} from '@millrace/connectors/kit'
import { ConfigError } from '@millrace/core'
import type { Bucket } from './bucket.ts'

const partBytes = 1 << 20
const pageSize = 1000

/** One bucket. Each method's rules are with the type `ObjectStore`; the contract suite holds this to them. */
export function acmeStore(name: string, bucket: () => Bucket): ObjectStore {
  const uri = (key: string) => `acme://${name}/${key}`

  const find = (key: string): (ObjectInfo & { readonly etag: string }) | null => {
    const [row] = bucket().all('SELECT * FROM objects WHERE key = ?', key)
    return row === undefined ? null : infoOf(row)
  }

  /** Within a transaction: the parts of a version become the object, if it may be so. */
  const publish = (key: string, version: string, size: number, { ifAbsent, ifEtag }: ObjectWriteOptions = {}) => {
    const present = find(key)
    if (ifAbsent && present !== null) throw objectExists(uri(key))
    if (ifEtag !== undefined && present?.etag !== ifEtag) throw objectChanged(uri(key))
    bucket().run('DELETE FROM objects WHERE key = ?', key)
    const row = { key, size, version, modified: Date.now() }
    bucket().run('INSERT INTO objects VALUES (?, ?, ?, ?)', key, size, version, row.modified)
    return infoOf(row)
  }

  const store: ObjectStore = {
    bucket: name,
    uri,

    async *list(prefix, { after = '', signal } = {}) {
      const below = folderPrefix(prefix)
      const sql = `SELECT * FROM objects WHERE key > ? AND substr(key, 1, length(?)) = ? ORDER BY key LIMIT ${pageSize}`
      for (let last = after; ; ) {
        signal?.throwIfAborted()
        const page = bucket().all(sql, last, below, below).map(infoOf)
        yield* page
        if (page.length < pageSize) return
        last = page.at(-1)?.key ?? last
      }
    },
    ls: (prefix, signal) => keysOf(store.list(prefix, signal ? { signal } : {})),

    async stat(key, signal) {
      signal?.throwIfAborted()
      return find(key)
    },

    // Where the system signs addresses, `checkExpiry` of the kit checks for how long.
    async publicUrl(key) {
      throw new ConfigError('NOT_SUPPORTED', { message: `${uri(key)} has no signed address. Copy it to S3 first.` })
    },

    async *read(key, { start = 0, end = Number.POSITIVE_INFINITY, etag, signal } = {}) {
      signal?.throwIfAborted()
      const object = find(key)
      if (object === null) throw etag === undefined ? objectNotFound(uri(key)) : objectChanged(uri(key))
      if (etag !== undefined && object.etag !== etag) throw objectChanged(uri(key))
      const stop = Math.min(end, object.size)
      const sql = 'SELECT start, bytes FROM parts WHERE version = ? AND start <= ? ORDER BY start DESC LIMIT 1'
      for (let at = start; at < stop; ) {
        signal?.throwIfAborted()
        const [part] = bucket().all(sql, object.etag, at)
        // Somebody replaced the object meanwhile, and its parts are gone.
        if (part === undefined) throw objectChanged(uri(key))
        const first = Number(part.start)
        const piece = (part.bytes as Uint8Array).subarray(at - first, stop - first)
        at += piece.length
        yield piece
      }
    },

    async write(key, content, options = {}) {
      checkKey(key)
      const version = randomUUID()
      const insert = async (part: Uint8Array, index: number) => {
        if (part.length > 0) bucket().run('INSERT INTO parts VALUES (?, ?, ?)', version, index * partBytes, part)
        return part.length
      }
      try {
        bucket()
        const sent = await sendParts(
          partsOf(content, () => partBytes),
          insert,
          { signal: options.signal },
        )
        const size = sent.reduce((sum, length) => sum + length, 0)
        return bucket().atomic(() => publish(key, version, size, options))
      } catch (error) {
        bucket().run('DELETE FROM parts WHERE version = ?', version)
        throw error
      }
    },

    // By the store itself: nothing of the content comes here.
    async compose(keys, into, signal) {
      checkKey(into)
      signal?.throwIfAborted()
      const version = randomUUID()
      return bucket().atomic(() => {
        let size = 0
        for (const key of keys) {
          const part = find(key)
          if (part === null) throw objectNotFound(uri(key))
          const copy = 'INSERT INTO parts SELECT ?, start + ?, bytes FROM parts WHERE version = ?'
          bucket().run(copy, version, size, part.etag)
          size += part.size
        }
        return publish(into, version, size)
      })
    },

    async rm(key, signal) {
      signal?.throwIfAborted()
      bucket().run('DELETE FROM objects WHERE key = ?', key)
    },
    async rmtree(prefix, signal) {
      signal?.throwIfAborted()
      const below = folderPrefix(prefix)
      bucket().run('DELETE FROM objects WHERE substr(key, 1, length(?)) = ?', below, below)
    },
    cat: (prefix, signal) => catObjects(store, prefix, signal),
  }
  return store
}

function infoOf(row: Readonly<Record<string, unknown>>): ObjectInfo & { readonly etag: string } {
  const { key, size, version, modified } = row
  return { key: String(key), size: Number(size), etag: String(version), modifiedAt: new Date(Number(modified)) }
}
