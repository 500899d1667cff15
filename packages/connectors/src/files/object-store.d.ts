/** What object stores have in common. Keys are paths. */
export interface ObjectStore {
  uri(key: string): string
  /** Keys of all files below a folder, sorted; none when it does not exist. */
  ls(folder: string): Promise<string[]>
  /** `end` is the first byte that is not read. */
  read(
    key: string,
    range?: {
      readonly start?: number
      readonly end?: number
    },
  ): AsyncIterable<Uint8Array>
  /** Readers see the former content until all of the new one is there. */
  write(key: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>
  /** A key that does not exist is fine. */
  rm(key: string): Promise<void>
  rmtree(folder: string): Promise<void>
  /** Joins the files of a folder into one and returns its key: the file itself when there is one, null when there is none. */
  cat(folder: string): Promise<string | null>
}
export declare function listFiles(folder: string): Promise<string[]>
export declare function readObject(
  key: string,
  {
    start,
    end,
  }?: {
    readonly start?: number
    readonly end?: number
  },
): AsyncGenerator<Uint8Array>
export declare function writeObject(
  key: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void>
export declare function removeFile(key: string): Promise<void>
export declare function removeTree(folder: string): Promise<void>
export declare function catFiles(folder: string): Promise<string | null>
//# sourceMappingURL=object-store.d.ts.map
