import { readFile, writeFile } from 'node:fs/promises'
import type { Client } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import { type Context, exitCodes } from '../context.ts'
import { findProject } from '../find-project.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import type { PipelineProblem } from '../pipelines-api.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'
import { differenceLines } from './configuration-difference.ts'
import { problemsText } from './pipelines.ts'

interface FromFile extends ServerRequest {
  readonly file: string
  readonly project: string
  readonly prune?: true
}

interface Change {
  readonly action: 'create' | 'update' | 'delete'
  readonly kind: string
  readonly name: string
  readonly fields: readonly string[]
  readonly before: unknown
  readonly after: unknown
}

export async function exportConfiguration(
  request: ServerRequest & { readonly project: string; readonly out?: string },
  context: Context,
): Promise<number> {
  const { project, out, json = false } = request
  return await withUser(request, context, async (client) => {
    const response = await client.stream(await pathOf(client, project))
    const yaml = await response.text()
    if (out === undefined) {
      if (json) return printJson({ configuration: yaml }, context)
      context.out(yaml)
      return exitCodes.done
    }
    await writeFile(out, yaml)
    if (json) return printJson({ file: out }, context)
    context.err(`The configuration of ${project} is in ${out}.\n`)
    return exitCodes.done
  })
}

export async function planConfiguration(request: FromFile, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const sent = await send(client, request, 'POST', '/plan')
    const { changes, problems } = sent as {
      readonly changes: readonly Change[]
      readonly problems: readonly PipelineProblem[]
    }
    const code = problems.length > 0 ? exitCodes.data : changes.length > 0 ? exitCodes.different : exitCodes.done
    if (request.json) {
      printJson({ changes, problems }, context)
      return code
    }
    context.out(changes.length === 0 ? 'Nothing would change.\n' : changesText(changes))
    if (problems.length > 0) context.err(`It would be refused. ${problemsText(problems)}`)
    return code
  })
}

export async function applyConfiguration(request: FromFile, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { changes } = (await send(client, request, 'PUT', '')) as { readonly changes: readonly Change[] }
    if (request.json) return printJson({ changes }, context)
    context.out(changes.length === 0 ? 'Nothing was to change.\n' : changesText(changes))
    return exitCodes.done
  })
}

async function send(client: Client, request: FromFile, method: 'POST' | 'PUT', to: string): Promise<unknown> {
  const { file, project, prune = false } = request
  const body = await read(file)
  const path = `${await pathOf(client, project)}${to}?prune=${prune}`
  const response = await client.stream(path, { method, body, headers: { 'content-type': 'application/yaml' } })
  return await response.json()
}

async function pathOf(client: Client, project: string): Promise<string> {
  return `/api/projects/${(await findProject(client, project)).id}/configuration`
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new ConfigError('FILE_UNREADABLE', {
      message: `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}. Name a file that "millrace pipelines export" wrote.`,
      cause,
    })
  }
}

const marks = { create: '+', update: '~', delete: '-' } as const

function changesText(changes: readonly Change[]): string {
  const lines = changes.flatMap(({ action, kind, name, fields, before, after }) => {
    const what = fields.length === 0 ? '' : `: ${fields.join(', ')}`
    const difference = action === 'update' ? differenceLines(before, after) : []
    return [`${marks[action]} ${kind.replaceAll('_', ' ')} ${name}${what}`, ...difference.map((line) => `    ${line}`)]
  })
  return `${lines.map((line) => printable(line)).join('\n')}\n`
}
