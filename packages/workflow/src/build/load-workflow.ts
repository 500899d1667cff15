import { isAbsolute, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigError, closestName } from '@millrace/core'
import type { WorkflowLocation } from '../attempt.ts'
import { type AnyWorkflow, isWorkflow } from '../workflow.ts'

/** @throws ConfigError `WORKFLOW_LOAD_FAILED` when the module cannot be imported or exports no such workflow */
export async function loadWorkflow({ folder, module, export: name }: WorkflowLocation): Promise<AnyWorkflow> {
  const path = join(folder, module)
  const details = { folder, module, export: name }
  const within = relative(folder, path)
  if (isAbsolute(within) || within.split(sep)[0] === '..') {
    throw new ConfigError('WORKFLOW_LOAD_FAILED', { message: `${module} is not within ${folder}.`, details })
  }
  let exported: Readonly<Record<string, unknown>>
  try {
    exported = await import(pathToFileURL(path).href)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigError('WORKFLOW_LOAD_FAILED', { message: `${path} cannot be imported: ${why}`, details, cause })
  }
  const workflow = exported[name]
  if (isWorkflow(workflow)) return workflow
  const workflows = Object.keys(exported).filter((key) => isWorkflow(exported[key]))
  const nearest = closestName(name, workflows) ?? workflows[0]
  throw new ConfigError('WORKFLOW_LOAD_FAILED', {
    message: `${path} exports no workflow "${name}".${nearest ? ` It exports "${nearest}".` : ' Export one from it.'}`,
    details,
  })
}
