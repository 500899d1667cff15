import { pageSearch } from '../ui/index.ts'

type Given = Record<string, unknown>

function text(given: Given, name: string): string | undefined {
  const value = given[name]
  // What looks like a number stands in addresses without quotes.
  const found = typeof value === 'number' ? `${value}` : value
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** Only what is given, so that addresses stay short. */
function texts<Name extends string>(given: Given, names: readonly Name[]): { [Key in Name]?: string } {
  const found = names.map((name) => [name, text(given, name)] as const).filter(([, value]) => value !== undefined)
  return Object.fromEntries(found) as { [Key in Name]?: string }
}

export interface WorkflowsSearch {
  readonly page?: number
  readonly search?: string
  readonly project?: string
  readonly tag?: string
  readonly paused?: boolean
  /** Only those whose newest run failed. */
  readonly failing?: boolean
}

export function workflowsSearch(given: Given): WorkflowsSearch {
  return {
    ...pageSearch(given),
    ...texts(given, ['search', 'project', 'tag']),
    ...(typeof given.paused === 'boolean' ? { paused: given.paused } : {}),
    ...(given.failing === true ? { failing: true } : {}),
  }
}

/** What is older than an id. */
export interface OlderSearch {
  readonly before?: number
}

export function olderSearch({ before }: Given): OlderSearch {
  return Number.isSafeInteger(before) ? { before: before as number } : {}
}

export interface GridSearch extends OlderSearch {
  /** How many are shown, up to 100. */
  readonly runs?: number
}

export function gridSearch(given: Given): GridSearch {
  const runs = Number(given.runs)
  return { ...olderSearch(given), ...(Number.isInteger(runs) && runs > 0 && runs <= 100 ? { runs } : {}) }
}

export function graphSearch(given: Given): { version?: string; node?: string } {
  return texts(given, ['version', 'node'])
}

export function versionsSearch(given: Given): { page?: number; from?: string; to?: string } {
  return { ...pageSearch(given), ...texts(given, ['from', 'to']) }
}

export function triggerSearch(given: Given): { version?: string; run?: string; as?: 'json' } {
  return { ...texts(given, ['version', 'run']), ...(given.as === 'json' ? { as: 'json' as const } : {}) }
}
