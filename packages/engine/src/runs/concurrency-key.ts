import { parseTemplate } from '@millrace/core'
import type { Json, ManifestNode } from '@millrace/workflow'
import type { RunRow } from './run-row.ts'

/**
 * The key a task is held to, with its template filled in. A template that cannot be filled in is taken as it is written:
 * the task is then held to more others than meant, never to fewer.
 */
export function concurrencyKey(
  node: ManifestNode,
  run: Pick<RunRow, 'params' | 'logical_date'>,
  item: Json,
): string | null {
  const text = node.options.concurrencyKey
  if (text === null || !text.includes('{')) return text
  try {
    return parseTemplate(text).render({
      params: run.params,
      item,
      dt: run.logical_date.toISOString().slice(0, 10),
      logical_date: run.logical_date.toISOString(),
    })
  } catch {
    return text
  }
}
