import type { ObjectStore } from './object-store.ts'

/** What every export has. Disposal removes whatever the export made, and is safe to repeat. */
interface Exported extends AsyncDisposable {
  /** Null when the system did not say; then only the bytes tell whether it is empty. */
  readonly rows: number | null
}

/** Bytes in memory. */
export interface Data extends Exported {
  readonly kind: 'data'
  readonly data: Uint8Array
}

/** A file that the export made. */
export interface LocalFile extends Exported {
  readonly kind: 'local-file'
  readonly path: string
  readonly bytes: number
}

/** Already reachable by the destination. */
export interface Url extends Exported {
  readonly kind: 'url'
  readonly url: string
}

/** One object. */
export interface CloudFile extends Exported {
  readonly kind: 'cloud-file'
  readonly store: ObjectStore
  readonly key: string
}

/** Many objects below a prefix, the parts of one export; none at all when it is empty. */
export interface CloudDir extends Exported {
  readonly kind: 'cloud-dir'
  readonly store: ObjectStore
  readonly prefix: string
}

/** What a connector hands out when read, with its cleanup. */
export type Export = Data | LocalFile | Url | CloudFile | CloudDir
