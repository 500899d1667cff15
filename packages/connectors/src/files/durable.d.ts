import { type FileHandle } from 'node:fs/promises'
/** Makes names in a folder durable: a rename survives a power failure only when its folder was synced. */
export declare function syncFolder(path: string): Promise<void>
export declare function syncFile(path: string): Promise<void>
/** Replaces a small file in one step. */
export declare function replaceFile(path: string, content: string): Promise<void>
export declare function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<number>
//# sourceMappingURL=durable.d.ts.map
