import type { Relation } from './source.ts'

/** Asks for a relation's description once, whatever its range; a failure is forgotten. */
export function describeOnce<T>(describe: (relation: Relation) => Promise<T>): (relation: Relation) => Promise<T> {
  const described = new Map<string, Promise<T>>()
  return (relation) => {
    const key = JSON.stringify(relation.kind === 'table' ? relation.table : relation.sql)
    let found = described.get(key)
    if (!found) {
      found = describe(relation)
      described.set(key, found)
      found.catch(() => described.delete(key))
    }
    return found
  }
}
