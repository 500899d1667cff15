import { pageSearch } from '../ui/index.ts'

type Given = Record<string, unknown>

const roles = ['owner', 'editor', 'viewer'] as const
const visibilities = ['public', 'private'] as const
const sorts = ['created'] as const

/** What the list of projects is narrowed to. */
export interface ProjectsSearch {
  readonly page?: number
  readonly q?: string
  readonly namespace?: string
  readonly visibility?: (typeof visibilities)[number]
  /** `member`: any role on the project itself. */
  readonly role?: (typeof roles)[number] | 'member'
  /** Default: by name; with words, what fits best. */
  readonly sort?: (typeof sorts)[number]
}

export function projectsSearch(given: Given): ProjectsSearch {
  return {
    ...pageSearch(given),
    ...texts(given, 'q', 'namespace'),
    ...oneOf(given, 'visibility', visibilities),
    ...oneOf(given, 'role', [...roles, 'member'] as const),
    ...oneOf(given, 'sort', sorts),
  }
}

export interface NewProjectSearch {
  readonly namespace?: string
  /** Id of the project to be copied. */
  readonly from?: string
}

export function newProjectSearch(given: Given): NewProjectSearch {
  return texts(given, 'namespace', 'from')
}

/** Which part of the overview is being written. */
export function overviewSearch(given: Given): { readonly edit?: 'documentation' } {
  return oneOf(given, 'edit', ['documentation'] as const)
}

/** What the list of a project's workflows is narrowed to. */
export function workflowsSearch(given: Given): { page?: number; q?: string; tag?: string } {
  return { ...pageSearch(given), ...texts(given, 'q', 'tag') }
}

function texts<Name extends string>(given: Given, ...names: readonly Name[]): { readonly [K in Name]?: string } {
  const found = names.filter((name) => ['string', 'number'].includes(typeof given[name]) && given[name] !== '')
  return Object.fromEntries(found.map((name) => [name, `${given[name]}`])) as { [K in Name]?: string }
}

function oneOf<Name extends string, Value extends string>(given: Given, name: Name, values: readonly Value[]) {
  const found = values.find((value) => value === given[name])
  return (found === undefined ? {} : { [name]: found }) as { readonly [K in Name]?: Value }
}
