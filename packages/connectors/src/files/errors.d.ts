/** What the file system said, in our tree of errors. */
export declare function fileError(error: unknown, path: string): unknown
export declare function isMissing(error: unknown): boolean
//# sourceMappingURL=errors.d.ts.map
