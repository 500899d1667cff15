/**
 * The neutral vocabulary of column types. A source maps its own types to it, a destination maps it
 * to its own, and every format writer knows all of it.
 *
 * Each kind has one canonical text: the text of a CSV field as PostgreSQL's COPY prints it under a
 * pinned session (UTC, ISO dates, ISO 8601 intervals, shortest floats). Content hashes are taken
 * over this text, so two systems that hold the same value agree on it.
 *
 * - `boolean` `t` / `f`
 * - `integer` decimal digits, no leading zeros
 * - `decimal` digits with the display scale kept, or `NaN`, `Infinity`, `-Infinity`; precision and
 *   scale are null when the source declares none
 * - `float` shortest digits in PostgreSQL's shape (`1e+21`, `1.6777216e+07` for 32 bits, `-0`)
 * - `text` the characters; everything without a codec of its own (inet, ranges, composites) is text
 * - `binary` `\x` and lower-case hex
 * - `date` `YYYY-MM-DD[ BC]`, `infinity`, `-infinity`
 * - `time` `HH:MM:SS[.ffffff]`, up to `24:00:00`
 * - `timestamp` `YYYY-MM-DD HH:MM:SS[.ffffff][+00][ BC]`, with `+00` when `utc`; `infinity`, `-infinity`
 * - `interval` ISO 8601 with months, days and time kept apart: `P1Y2M-3DT4H5M6.789S`
 * - `duration` a signed amount of time, `[-]H…:MM:SS[.ffffff]` (MySQL's TIME); hashed as microseconds
 * - `uuid` lower case
 * - `json` the document's text
 * - `enum` the label
 * - `list` PostgreSQL's array literal: `{1,NULL,"a,b"}`
 */
export type LogicalType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly unsigned: boolean }
  | { readonly kind: 'decimal'; readonly precision: number | null; readonly scale: number | null }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  | { readonly kind: 'text' }
  | { readonly kind: 'binary' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | { readonly kind: 'timestamp'; readonly utc: boolean }
  | { readonly kind: 'interval' }
  | { readonly kind: 'duration' }
  | { readonly kind: 'uuid' }
  | { readonly kind: 'json' }
  | { readonly kind: 'enum'; readonly labels: readonly string[] }
  | { readonly kind: 'list'; readonly element: LogicalType }

export interface Column {
  readonly name: string
  readonly type: LogicalType
  readonly nullable: boolean
  /** The source's own declaration, such as `numeric(38,18)` or `int unsigned`; for people, drift reports and same-dialect DDL. */
  readonly sourceType: string
}
