/** Where the engine keeps what does not belong into rows: packages, logs, large outputs. Keys are paths with `/`. */
export interface ArtifactStore {
  /** All or nothing: a reader sees the old bytes or the new ones. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** @throws DataError `ARTIFACT_MISSING` */
  get(key: string): Promise<Uint8Array>
  /**
   * Adds bytes at `offset`, which is what is there already; what overlaps is skipped. Returns the new size.
   * @throws DataError `ARTIFACT_GAP` when bytes before `offset` are missing
   */
  append(key: string, offset: number, bytes: Uint8Array): Promise<number>
  /** Bytes from `start` on, at most `limit`; empty past the end or when there is nothing. */
  read(key: string, start: number, limit: number): Promise<Uint8Array>
  /** Bytes; 0 when there is nothing. */
  size(key: string): Promise<number>
  /** Removes everything whose key begins with this folder. */
  removeFolder(folder: string): Promise<void>
}
