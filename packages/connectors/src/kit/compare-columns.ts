import type { Column } from '@millrace/formats'
import type { SchemaChange, TargetPlan } from './sink.ts'

/** A column as the destination would declare it. */
interface WantedColumn {
  readonly name: string
  readonly type: string
}

interface ExistingColumn {
  readonly name: string
  readonly type: string
  /** Computed by the destination from other columns. */
  readonly generated: boolean
  /** A row that gives it no value is refused. */
  readonly needsValue: boolean
}

/** What a dialect has to say when columns are compared. */
export interface ColumnRules<Wanted extends WantedColumn, Existing extends ExistingColumn> {
  /** Names are the same column when their keys are equal. */
  readonly nameKey: (name: string) => string
  /**
   * The type in which the destination's column holds the values of both sides unchanged: its own, or
   * one to which it can be changed; null when there is none.
   */
  commonType(column: Column, wanted: Wanted, existing: Existing): string | null
  /** What it means that there is none, as the end of a sentence. */
  readonly mismatch: string
  /** A type that would hold every value, if there is one. */
  readonly textType?: string
}

export type ComparedColumns = Pick<TargetPlan, 'types' | 'changes' | 'conflicts' | 'missing'>

/** Compares the columns of a source with those of an existing table; `wanted` has the order of `columns`. */
export function compareColumns<Wanted extends WantedColumn, Existing extends ExistingColumn>(
  columns: readonly Column[],
  wanted: readonly Wanted[],
  existing: readonly Existing[],
  { nameKey, commonType, mismatch, textType }: ColumnRules<Wanted, Existing>,
): ComparedColumns {
  const types: Record<string, string> = {}
  const changes: SchemaChange[] = []
  const conflicts: string[] = []
  const existingByKey = new Map(existing.map((column) => [nameKey(column.name), column]))
  for (const [index, want] of wanted.entries()) {
    const column = columns[index] as Column
    const have = existingByKey.get(nameKey(want.name))
    types[want.name] = have?.type ?? want.type
    if (have === undefined) {
      changes.push({ kind: 'add-column', column: want.name, type: want.type })
      continue
    }
    if (have.generated) {
      conflicts.push(
        `The destination computes its column "${want.name}" by itself, so it takes no values from the source. Leave the column out by a query.`,
      )
      continue
    }
    const common = commonType(column, want, have)
    if (common === null) {
      const possible = textType === undefined ? want.type : `${textType} or ${want.type}`
      conflicts.push(
        `The column "${want.name}" is ${column.sourceType} (here ${want.type}) at the source and ${have.type} at the destination, ${mismatch}. Change the destination's column to ${possible}, or cast it in a query.`,
      )
    } else if (common !== have.type) {
      types[want.name] = common
      changes.push({ kind: 'widen-column', column: have.name, from: have.type, to: common })
    }
  }
  const given = new Set(columns.map((column) => nameKey(column.name)))
  const missing = existing.filter((column) => !given.has(nameKey(column.name)) && !column.generated)
  for (const column of missing) {
    if (!column.needsValue) continue
    conflicts.push(
      `The destination's column "${column.name}" must not be NULL and has no default, but the source has no such column. Give it a default, or add it to the query.`,
    )
  }
  return { types, changes, conflicts, missing: missing.map((column) => column.name) }
}

/** The plan for a table that has yet to be created. */
export function newTablePlan(wanted: readonly WantedColumn[], ddl: string, conflicts: readonly string[]): TargetPlan {
  const types = Object.fromEntries(wanted.map(({ name, type }) => [name, type]))
  return {
    exists: false,
    types,
    changes: [{ kind: 'create-table', ddl }],
    conflicts,
    missing: [],
    estimatedRows: null,
  }
}

/** The plan for a view, which takes no rows. */
export function viewPlan(name: string, conflicts: readonly string[]): TargetPlan {
  const sentence = `"${name}" is a view at the destination. Choose another name, or drop the view.`
  return {
    exists: true,
    types: {},
    changes: [],
    conflicts: [...conflicts, sentence],
    missing: [],
    estimatedRows: null,
  }
}
