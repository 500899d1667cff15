import { parseTemplate } from '@millrace/core'
import { isOperator, type Operator } from './task.ts'
import type { WorkflowGraph } from './workflow-graph.ts'

/** Templates that cannot be read. What they name is known when they are filled in. */
export function templateProblems(graph: WorkflowGraph): readonly string[] {
  return graph.nodes().flatMap(({ id, task, options }) => {
    const what = `Node "${id}", option concurrencyKey`
    const key = options.concurrencyKey === null ? [] : problemsOf(options.concurrencyKey, what)
    if (task === null || typeof task === 'function' || !isOperator(task)) return key
    const { noTemplateFields = [] } = task.constructor as Pick<typeof Operator, 'noTemplateFields'>
    const config = Object.entries(task.config ?? {}).filter(([field]) => !noTemplateFields.includes(field))
    return [...key, ...config.flatMap(([field, value]) => problemsOf(value, `Node "${id}", ${field}`))]
  })
}

function problemsOf(value: unknown, what: string): readonly string[] {
  if (typeof value === 'string') {
    if (!/\{[{%#]/.test(value)) return []
    try {
      parseTemplate(value, what)
      return []
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)]
    }
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([field, entry]) => problemsOf(entry, `${what}.${field}`))
}
