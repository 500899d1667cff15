import { createHash } from 'node:crypto'
import { etagOf } from '@millrace/http'
import { createOperator } from '@millrace/operators'
import { type Json, Workflow, type WorkflowManifest } from '@millrace/workflow'
import type { WorkflowSummary } from '../workflows/index.ts'

export interface CopyValues {
  readonly title: string | null
  readonly description: string | null
  readonly config: Json
  readonly schedule: { readonly cron: string; readonly timezone: string } | null
}

export const copyCategory = 'copy'
const prefix = 'copy-'

/** A transfer takes up what a lost connection left, so it is tried again soon. */
const defaults = { retries: 2, retryDelaySeconds: 60 }

export function workflowOfCopy(name: string): string {
  return `${prefix}${name}`
}

export function copyNameOf(workflow: string): string {
  return workflow.slice(prefix.length)
}

/**
 * The workflow that a copy is: one transfer, of which one run goes on at a time. Its version is a hash of its content, so that the
 * same content is the same version.
 *
 * @throws ConfigError `OPERATOR_INVALID`, `WORKFLOW_INVALID`
 */
export function compileCopy(name: string, values: CopyValues): WorkflowManifest {
  const hash = createHash('sha256')
    .update(JSON.stringify(build(name, values, 'draft')))
    .digest('hex')
  return build(name, values, `c-${hash.slice(0, 16)}`)
}

function build(name: string, { title, description, config, schedule }: CopyValues, version: string): WorkflowManifest {
  const workflow = new Workflow({
    ...{ fullName: workflowOfCopy(name), category: copyCategory, version, maxActiveRuns: 1, defaults },
    ...(title === null ? {} : { title }),
    ...(description === null ? {} : { description }),
    ...(schedule === null ? {} : { schedule: schedule.cron, timezone: schedule.timezone }),
  })
  workflow.addNode(createOperator('transfer', config), { id: 'transfer' })
  return workflow.toManifest()
}

export function copyEtag({ id, version, paused }: Pick<WorkflowSummary, 'id' | 'version' | 'paused'>): string {
  return etagOf(`copy ${id} ${version} ${paused}`)
}
