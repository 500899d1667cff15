interface Holder {
  readonly pid: number
  /** Tells a process from a later one with the same number; null where the system does not say. */
  readonly startTime: string | null
  readonly host: string
}
/** Keeps every other load away from a target. Returns the release. */
export declare function lockTarget(path: string, target: string): Promise<() => Promise<void>>
/** Who holds the lock now, if a living process does. */
export declare function lockHolder(path: string): Promise<Holder | null>
//# sourceMappingURL=lock.d.ts.map
