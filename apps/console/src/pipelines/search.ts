import { pageSearch } from '../ui/index.ts'

type Given = Record<string, unknown>

function texts<Name extends string>(search: Given, ...names: Name[]): { [name in Name]?: string } {
  const kept = names.flatMap((name) => {
    const value = search[name]
    return typeof value === 'string' && value !== '' ? [[name, value]] : []
  })
  return Object.fromEntries(kept) as { [name in Name]?: string }
}

export interface PipelinesSearch {
  readonly page?: number
  readonly name?: string | undefined
  readonly client?: string | undefined
  readonly brand?: string | undefined
  readonly type?: string | undefined
  readonly active?: boolean | undefined
}

/** Of lists of pipelines. */
export function pipelinesSearch(search: Given): PipelinesSearch {
  return {
    ...pageSearch(search),
    ...texts(search, 'name', 'client', 'brand', 'type'),
    ...(typeof search.active === 'boolean' ? { active: search.active } : {}),
  }
}

export interface PipelineSearch {
  readonly tab?: string | undefined
  readonly page?: number | undefined
  /** Key of the card that is open. */
  readonly card?: string | undefined
  readonly graph?: boolean | undefined
}

/** Of the page of one pipeline. */
export function pipelineSearch(search: Given): PipelineSearch {
  return {
    ...pageSearch(search),
    ...texts(search, 'tab', 'card'),
    ...(search.graph === false ? { graph: false } : {}),
  }
}
