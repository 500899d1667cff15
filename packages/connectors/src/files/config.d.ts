import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
export declare const fileFormats: readonly ['csv', 'ndjson', 'parquet']
export type FileFormat = (typeof fileFormats)[number]
export declare const configSchema: ConfigSchema
/** A plain path, `-`, or `file:path`; settings may follow a `?` (`data.txt?format=csv`). */
export declare function parseUri(uri: string): ConfigValues
/** `orders.csv.gz` → csv and gzip; nulls where the name does not tell. */
export declare function guessFormat(path: string): {
  format: FileFormat | null
  compression: 'none' | 'gzip' | 'zstd'
}
//# sourceMappingURL=config.d.ts.map
