import type { Column } from '@millrace/formats'
import type { TargetPlan, WriteMode } from '../kit/sink.ts'
import { type FileTarget, type Place } from './place.ts'
/** Compares the rows to come with the files that are there. */
export declare function planFiles(place: Place, columns: readonly Column[], mode: WriteMode): Promise<TargetPlan>
/** Standard output is always new. */
export declare function planStdout(target: FileTarget, columns: readonly Column[], mode: WriteMode): TargetPlan
//# sourceMappingURL=plan.d.ts.map
