import { type Commit, type Journal } from './journal.ts'
import type { Place } from './place.ts'
/**
 * Publishes: the commit line makes it certain, the steps make it visible. Whoever finds a commit
 * line without the closing one does the steps again; each of them knows whether it was done.
 */
export declare function publishCommit(folder: string, commit: Commit): Promise<void>
export declare function finishCommit(folder: string, commit: Commit): Promise<void>
export declare function exists(path: string): Promise<boolean>
/** Brings a publish to its end that a crash cut off, unless its process lives. Returns the journal as it is then. */
export declare function recovered(folder: string, place: Place, journal: Journal): Promise<Journal>
/** Names of the staging folders of all loads into a place. */
export declare function stagingFolders(place: Place, stagingOf: (key: string) => string): Promise<string[]>
/** Removes the folders that were made for a target, `created` being the outermost, as far as they stayed empty. */
export declare function removeEmptyFolders(created: string | null, parent: string): Promise<void>
//# sourceMappingURL=publish.d.ts.map
