export type Config = Readonly<Record<string, string | number | boolean>>

/** What has to be told of settings that were edited: new values, and null for what was emptied. */
export function changedConfig(before: Config, after: Config): Record<string, string | number | boolean | null> {
  const gone = Object.keys(before).filter((name) => after[name] === undefined)
  const changed = Object.entries(after).filter(([name, value]) => before[name] !== value)
  return { ...Object.fromEntries(changed), ...Object.fromEntries(gone.map((name) => [name, null])) }
}
