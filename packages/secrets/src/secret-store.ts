/** Where values are kept by ids such as `prod/database/warehouse/read`. */
export interface SecretReader {
  /** Null when there is none. */
  read(id: string): Promise<string | null>
}

export interface SecretStore extends SecretReader {
  /** A value that is there already is replaced. */
  write(id: string, value: string): Promise<void>
  /** What is gone already is fine. */
  remove(id: string): Promise<void>
}
