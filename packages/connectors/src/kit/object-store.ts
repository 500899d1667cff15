import type { ConnectorDefinition, TableConnector } from './connector.ts'

export interface ObjectInfo {
  readonly key: string
  /** In bytes. */
  readonly size: number
  /** Changes whenever the content does; null where the store has none. */
  readonly etag: string | null
  readonly modifiedAt: Date | null
}

export interface ObjectReadOptions {
  /** First byte, default 0. */
  readonly start?: number
  /** First byte that is not read; default the end. */
  readonly end?: number
  /** Fails with DataError `OBJECT_CHANGED` when the object is another one by now. */
  readonly etag?: string
  readonly signal?: AbortSignal
}

export interface ObjectWriteOptions {
  readonly contentType?: string
  /** Fails with ConfigError `OBJECT_EXISTS` when there is an object of this key. */
  readonly ifAbsent?: boolean
  /** Fails with DataError `OBJECT_CHANGED` when the object is another one by now. */
  readonly ifEtag?: string
  readonly signal?: AbortSignal
}

/**
 * One bucket (S3, GCS), container (Azure) or folder (files). Keys use `/` and have none at their ends.
 * Errors: ConfigError `BUCKET_NOT_FOUND`, `ACCESS_DENIED`, `OBJECT_NOT_FOUND`; TransientError for what another try may mend.
 */
export interface ObjectStore {
  readonly bucket: string
  /** `s3://bucket/key` */
  uri(key: string): string
  /** Everything below a folder (`''`: everything), in the order of the keys' UTF-8 bytes, page by page: memory does not grow with the listing. */
  list(prefix: string, options?: { readonly after?: string; readonly signal?: AbortSignal }): AsyncIterable<ObjectInfo>
  /** Keys of everything below a folder, sorted; none when there is no such folder. */
  ls(prefix: string, signal?: AbortSignal): Promise<string[]>
  /** Null when there is no such object. */
  stat(key: string, signal?: AbortSignal): Promise<ObjectInfo | null>
  /** A signed address at which anybody can read the object. Default: for 3,600 s. */
  publicUrl(key: string, options?: { readonly expiresInSeconds?: number }): Promise<string>
  read(key: string, options?: ObjectReadOptions): AsyncIterable<Uint8Array>
  /**
   * Readers see the former content until all of the new one is there, and a write that fails leaves
   * nothing behind. Content of any length streams in parts; memory does not grow with it.
   */
  write(
    key: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options?: ObjectWriteOptions,
  ): Promise<ObjectInfo>
  /** Joins objects into one, in this order, by the store itself where it can. The parts stay. */
  compose(keys: readonly string[], into: string, signal?: AbortSignal): Promise<ObjectInfo>
  /** A key that does not exist is fine. */
  rm(key: string, signal?: AbortSignal): Promise<void>
  /** Removes everything below a folder. */
  rmtree(prefix: string, signal?: AbortSignal): Promise<void>
  /**
   * Ends uploads below a folder that a killed process left unfinished, where the store keeps such (S3:
   * they have a price and appear in no listing). `chosen` says for a key whether nobody is at it.
   */
  abortUploads?(prefix: string, chosen: (key: string) => boolean, signal?: AbortSignal): Promise<void>
  /** Joins the objects of a folder into `{folder}/{uuid}.cdk` and returns its key; a single object's own key when there is one, null when there is none. */
  cat(prefix: string, signal?: AbortSignal): Promise<string | null>
}

export interface ObjectStoreConnector extends TableConnector {
  readonly definition: ConnectorDefinition & { readonly kind: 'object-store' }
  /** The key, folder or pattern of the address: what a copy reads, and where it writes unless it is told another place. */
  readonly path: string
  /** Default: the bucket of the configuration. @throws ConfigError `BUCKET_REQUIRED` when there is neither */
  bucket(name?: string): ObjectStore
}
