import type { Interrupted, Load, LoadSpec } from '../kit/sink.ts'
import { type Place } from './place.ts'
/**
 * A load into a staging folder beside its target:
 *
 *     .orders.csv._millrace-<key>/
 *       journal.ndjson      what is certain, one line at a time
 *       lane-0, lane-1, …   rows; one file for each chunk in flight
 *
 * A chunk is appended to a free lane, synced, then entered in the journal: bytes behind what the
 * journal knows are from a chunk that was cut off, and are written over. With one lane the lane
 * itself becomes the target; chunks of several are joined in their order. A target that is split
 * has a staging file for each of its parts instead.
 */
export declare function openFileLoad(place: Place, spec: LoadSpec, resume: Interrupted | null): Promise<Load>
/** The load of this key that was cut off, if any; a publish that was cut off is brought to its end first. */
export declare function findInterrupted(place: Place, key: string): Promise<Interrupted | null>
//# sourceMappingURL=load.d.ts.map
