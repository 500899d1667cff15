import type { Client } from '@millrace/client'
import { askAll, askJson } from '../ask-json.ts'
import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { findProject, nameOf } from '../find-project.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'
import { withClosest } from '../server-lists.ts'

interface InProject extends ServerRequest {
  /** Default: of the platform, for workflows of all projects. */
  readonly project?: string
}

interface OneVariable extends InProject {
  readonly variable: string
}

interface Variable {
  readonly name: string
  readonly value?: unknown
}

export async function listVariables(request: InProject, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const { path, whose } = await placeOf(client, request)
    const variables = await askAll<Variable>(client, path)
    if (request.json) return printJson(variables, context)
    if (variables.length === 0) {
      context.err(`There are no variables${whose}. Set one with: millrace variables set NAME VALUE\n`)
      return exitCodes.done
    }
    const body = variables.map(({ name, value }) => [name, JSON.stringify(value)])
    context.out(context.secrets.mask(textTable(['variable', 'value'], body)))
    return exitCodes.done
  })
}

export async function setVariable(
  request: OneVariable & { readonly value: string; readonly text?: true },
  context: Context,
): Promise<number> {
  const { variable, text = false, json = false } = request
  const value = text ? request.value : jsonOrText(request.value)
  return await withUser(request, context, async (client) => {
    const { path, whose } = await placeOf(client, request)
    const answer = await askJson<Variable>(client, `${path}/${encodeURIComponent(variable)}`, {
      ...{ method: 'PUT', body: { value } },
    })
    if (json) return printJson(answer, context)
    context.out(`Variable ${variable}${whose} is set for runs that are made from now on.\n`)
    return exitCodes.done
  })
}

export async function deleteVariable(
  request: OneVariable & { readonly yes?: boolean },
  context: Context,
): Promise<number> {
  const { variable, json = false } = request
  return await withUser(request, context, async (client) => {
    const { path, whose } = await placeOf(client, request)
    const one = `${path}/${encodeURIComponent(variable)}`
    const names = async () => (await askAll<Variable>(client, path)).map(({ name }) => name)
    await withClosest(askJson<Variable>(client, one), { name: variable, names })
    await confirm(
      `Remove the variable ${variable}${whose}? Runs that are made from now on do not have it.`,
      request,
      context,
    )
    await askJson(client, one, { method: 'DELETE' })
    if (json) return printJson({ removed: variable }, context)
    context.out(`Variable ${variable}${whose} was removed.\n`)
    return exitCodes.done
  })
}

async function placeOf(client: Client, { project }: InProject) {
  if (project === undefined) return { path: '/api/variables', whose: '' }
  const found = await findProject(client, project)
  return { path: `/api/projects/${found.id}/variables`, whose: ` of the project ${nameOf(found)}` }
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
