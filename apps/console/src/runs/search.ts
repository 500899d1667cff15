import { type LogAddress, logAddress } from '../logs/address/index.ts'
import { pageSearch } from '../ui/pager.tsx'

export const runStates = ['queued', 'running', 'success', 'failed', 'cancelled'] as const
export const runTriggers = ['manual', 'schedule', 'backfill', 'workflow', 'test'] as const
export const taskStates = [
  ...(['waiting', 'ready', 'running', 'expanded', 'success'] as const),
  ...(['failed', 'skipped', 'upstream_failed', 'cancelled'] as const),
]
const parts = ['log', 'output', 'items', 'details'] as const

export interface RunsSearch {
  readonly workflow?: string
  readonly project?: string
  readonly state?: readonly (typeof runStates)[number][]
  readonly trigger?: readonly (typeof runTriggers)[number][]
  /** ISO 8601. */
  readonly from?: string
  readonly to?: string
  readonly backfill?: number
  /** Id of the run above the first one of the page. */
  readonly before?: number
}

type Given = Record<string, unknown>

export function runsSearch(search: Given): RunsSearch {
  return checked({
    workflow: text(search.workflow),
    project: text(search.project),
    state: some(search.state, runStates),
    trigger: some(search.trigger, runTriggers),
    from: moment(search.from),
    to: moment(search.to),
    backfill: count(search.backfill),
    before: count(search.before),
  })
}

export interface RunSearch extends LogAddress {
  /** Id of the task run that is open. */
  readonly task?: number
  /** Default: the latest. */
  readonly attempt?: number
  readonly part?: (typeof parts)[number]
}

export function runSearch(search: Given): RunSearch {
  return checked({
    task: count(search.task),
    attempt: count(search.attempt),
    part: parts.find((part) => part === search.part),
    ...logAddress(search),
  })
}

export interface TasksSearch {
  readonly state?: readonly (typeof taskStates)[number][]
  readonly page?: number
}

export function tasksSearch(search: Given): TasksSearch {
  return checked({ state: some(search.state, taskStates), ...pageSearch(search) })
}

export interface CompareSearch {
  readonly left?: string
  readonly right?: string
}

export function compareSearch(search: Given): CompareSearch {
  return checked({ left: id(search.left), right: id(search.right) })
}

/** What is undefined stays among the keys: the router keeps what the address says of any key that is not there. */
function checked<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return values as never
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function count(value: unknown): number | undefined {
  const number = Number(value)
  return Number.isSafeInteger(number) && number > 0 ? number : undefined
}

function id(value: unknown): string | undefined {
  return count(value) === undefined ? undefined : `${value}`
}

function moment(value: unknown): string | undefined {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value).toISOString() : undefined
}

function some<const T extends string>(value: unknown, of: readonly T[]): readonly T[] | undefined {
  const given = Array.isArray(value) ? value : [value]
  const found = of.filter((one) => given.includes(one))
  return found.length === 0 ? undefined : found
}
