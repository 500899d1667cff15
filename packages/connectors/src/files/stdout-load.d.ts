import type { Load, LoadSpec } from '../kit/sink.ts'
import type { FileTarget } from './place.ts'
/**
 * A load to standard output. Nothing is staged: rows are out as they come, so there is nothing to
 * resume, to publish or to take back. The rows of parallel chunks come piece by piece, in any order.
 */
export declare function openStdoutLoad(target: FileTarget, spec: LoadSpec, out?: NodeJS.WritableStream): Promise<Load>
//# sourceMappingURL=stdout-load.d.ts.map
