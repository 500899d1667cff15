import { type Place } from './place.ts'
/** The files that a target consists of now, sorted. */
export declare function existingFiles(place: Place): Promise<string[]>
/** The first free number for a part. */
export declare function existingPart(place: Place): Promise<number>
/** What else lies in the folder: a replace of the folder would take it along. */
export declare function foreignFiles(place: Place): Promise<string[]>
//# sourceMappingURL=existing.d.ts.map
