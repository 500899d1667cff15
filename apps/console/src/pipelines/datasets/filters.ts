import type { Schema } from '../../api/index.ts'

export type Column = Schema<'StoredDataset'>['columns'][number]
export type Comparison = Column['comparisons'][number]

export interface Filter {
  readonly column: string
  readonly comparison: Comparison
  readonly values: readonly (string | number | boolean | null)[]
}

export interface DatasetSearch {
  readonly filters?: readonly Filter[] | undefined
}

const comparisons: readonly Comparison[] = ['==', '!=', '>', '<', '>=', '<=']

/** Of the page of one dataset; what is no filter is left out. */
export function datasetSearch({ filters }: Record<string, unknown>): DatasetSearch {
  const kept = Array.isArray(filters) ? filters.filter(isFilter) : []
  return kept.length === 0 ? {} : { filters: kept }
}

function isFilter(given: unknown): given is Filter {
  if (typeof given !== 'object' || given === null) return false
  const { column, comparison, values } = given as Partial<Record<keyof Filter, unknown>>
  return (
    typeof column === 'string' &&
    comparisons.includes(comparison as Comparison) &&
    Array.isArray(values) &&
    values.length > 0 &&
    values.every((value) => value === null || ['string', 'number', 'boolean'].includes(typeof value))
  )
}

/** What a filter can ask of a column; the last two have no value of their own. */
export type Question = Comparison | 'missing' | 'present'

const words: Readonly<Record<Question, string>> = {
  '==': 'is',
  '!=': 'is not',
  '>': 'is more than',
  '<': 'is less than',
  '>=': 'is at least',
  '<=': 'is at most',
  missing: 'has no value',
  present: 'has a value',
}

export function questionsOf({
  comparisons,
}: Pick<Column, 'comparisons'>): readonly { value: Question; label: string }[] {
  const asked: readonly Question[] = comparisons.length === 0 ? [] : [...comparisons, 'missing', 'present']
  return asked.map((value) => ({ value, label: words[value] }))
}

export function filterOf(column: string, question: Question, values: readonly string[]): Filter {
  if (question === 'missing') return { column, comparison: '==', values: [null] }
  if (question === 'present') return { column, comparison: '!=', values: [null] }
  return { column, comparison: question, values }
}

/** "country is DE or FR". */
export function filterText({ column, comparison, values }: Filter): string {
  if (values.every((value) => value === null)) {
    return `${column} ${comparison === '==' ? words.missing : words.present}`
  }
  const joined = values.map((value) => (value === null ? 'nothing' : value === '' ? 'empty' : `${value}`))
  return `${column} ${words[comparison]} ${joined.join(' or ')}`
}

/** As the API takes them. */
export function filtersText(filters: readonly Filter[]): string {
  return JSON.stringify(filters)
}

/** The column that every dataset has beside those that were published. */
export const runIdColumn: Column = {
  ...{ name: '__metadata_run_id', type: 'run', nullable: false, partition: true },
  comparisons: [...comparisons],
}
