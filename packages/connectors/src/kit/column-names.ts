import type { Column } from '@millrace/formats'

/** How a destination tells columns apart by their names. */
export interface NameRules {
  readonly system: string
  /** Names are the same column when their keys are equal. */
  readonly nameKey: (name: string) => string
  /** The sentence on a name that the destination cannot keep; null for any other. */
  readonly refuse?: (name: string) => string | null
}

export function refuseNoName(name: string): string | null {
  return name === '' ? 'The source has a column without a name. Give it one with AS in a query.' : null
}

/** Sentences on names of the source that the destination cannot keep, or not beside each other. */
export function nameConflicts(columns: readonly Column[], { system, nameKey, refuse }: NameRules): string[] {
  const conflicts: string[] = []
  const seen = new Map<string, string>()
  for (const { name } of columns) {
    const other = seen.get(nameKey(name))
    const refused = refuse?.(name) ?? null
    if (refused !== null) conflicts.push(refused)
    else if (other === name) {
      conflicts.push(`The source has the column "${name}" twice. Give one of them another name in the query.`)
    } else if (other !== undefined) {
      conflicts.push(
        `The columns "${other}" and "${name}" are the same name to ${system}, which does not regard case. Give one of them another name in a query.`,
      )
    }
    seen.set(nameKey(name), name)
  }
  return conflicts
}
