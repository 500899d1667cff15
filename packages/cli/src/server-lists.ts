import type { Client, components } from '@millrace/client'
import { ConfigError, closestName } from '@millrace/core'
import { codeOf } from './server-error.ts'

export type Run = components['schemas']['Run']
export type TaskRun = components['schemas']['TaskRun']
export type RunGraph = components['schemas']['RunGraph']

/** All pages of a list. */
export async function allPages<Item>(
  page: (query: { readonly page: number; readonly per_page: number }) => Promise<{
    readonly items: readonly Item[]
    readonly totalPages: number
  }>,
): Promise<readonly Item[]> {
  const found: Item[] = []
  for (let number = 1; ; number++) {
    const { items, totalPages } = await page({ page: number, per_page: 100 })
    found.push(...items)
    if (number >= totalPages || items.length === 0) return found
  }
}

/** What the work gives; where the server knows no such name, an error with the nearest of those it knows. */
export async function withClosest<T>(
  work: Promise<T>,
  { name, names }: { readonly name: string; readonly names: () => Promise<readonly string[]> },
): Promise<T> {
  try {
    return await work
  } catch (error) {
    const code = codeOf(error)
    const message = (error as Error).message
    if (code === undefined || !code.endsWith('_MISSING') || /Did you mean/.test(message)) throw error
    const closest = closestName(name, await names())
    if (closest === undefined) throw error
    throw new ConfigError(code, { message: `${message} Did you mean "${closest}"?`, details: { name }, cause: error })
  }
}

/**
 * The id of a run as a person says it: its number, or the name of a workflow, which stands for its latest run.
 *
 * @throws ConfigError `RUN_MISSING`, `WORKFLOW_MISSING`
 */
export async function findRunId(client: Client, text: string): Promise<string> {
  if (/^\d+$/.test(text)) return text
  const workflow = await client.get('/api/workflows/{workflow}', { params: { path: { workflow: text } } })
  if (workflow.last_run !== undefined) return workflow.last_run.id
  throw new ConfigError('RUN_MISSING', {
    message: `${text} has no run yet. Start one with: millrace trigger ${text}`,
  })
}
