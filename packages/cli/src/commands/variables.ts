import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { type ServerRequest, withServer } from '../server-connection.ts'
import { allPages, withClosest } from '../server-lists.ts'

interface OneVariable extends ServerRequest {
  readonly variable: string
}

export async function listVariables(request: ServerRequest, context: Context): Promise<number> {
  return await withServer(request, context, async (client) => {
    const variables = await allPages((query) => client.page('/api/variables', { params: { query } }))
    if (request.json) return printJson(variables, context)
    if (variables.length === 0) {
      context.err('There are no variables. Set one with: millrace variables set NAME VALUE\n')
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
  return await withServer(request, context, async (client) => {
    const answer = await client.put('/api/variables/{variable}', { params: { path: { variable } }, body: { value } })
    if (json) return printJson(answer, context)
    context.out(`Variable ${variable} is set for runs that are made from now on.\n`)
    return exitCodes.done
  })
}

export async function deleteVariable(
  request: OneVariable & { readonly yes?: boolean },
  context: Context,
): Promise<number> {
  const { variable, json = false } = request
  return await withServer(request, context, async (client) => {
    const params = { path: { variable } }
    const names = async () =>
      (await allPages((query) => client.page('/api/variables', { params: { query } }))).map(({ name }) => name)
    await withClosest(client.get('/api/variables/{variable}', { params }), { name: variable, names })
    await confirm(`Remove the variable ${variable}? Runs that are made from now on do not have it.`, request, context)
    await client.delete('/api/variables/{variable}', { params })
    if (json) return printJson({ removed: variable }, context)
    context.out(`Variable ${variable} was removed.\n`)
    return exitCodes.done
  })
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
