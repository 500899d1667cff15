import type { Sink } from '../kit/sink.ts'
/** Writes CSV, NDJSON and Parquet files in one step each, or streams them to standard output. */
export declare function createFilesSink(): Sink
//# sourceMappingURL=sink.d.ts.map
