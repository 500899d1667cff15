/** Canonical CSV with rows that end in CR LF. Line feeds within quotes are data and stay. */
export declare function withCarriageReturns(bytes: Uint8Array, rows: number): Uint8Array
//# sourceMappingURL=line-ends.d.ts.map
