import { z } from '@hono/zod-openapi'
import { closestName } from '@millrace/core'
import { notFound } from '@millrace/http'
import { type OperatorDefinition, operatorDefinitions } from '@millrace/operators'
import { json, jsonMap } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'

const tag = 'operators'
const access = 'user'

const operatorFields = {
  name: z.string(),
  title: z.string(),
  description: z.string(),
  output: z.string().openapi({ description: 'What its output holds, in Markdown.' }),
}
const operatorSchema = z.object(operatorFields).openapi('Operator')
const operatorWithSchema = z
  .object({
    ...operatorFields,
    config_schema: jsonMap.openapi({
      description:
        'JSON Schema of the configuration, for forms: `x-connection` marks names of connections, `x-secret` those of secrets, `x-code` says which language a text is in. Texts are templates.',
    }),
    example: json,
  })
  .openapi('OperatorWithSchema')

/** What templates of pipelines and tasks of workflows can be without code of a package. */
export function operatorRoutes(api: ServerApi): void {
  api.endpoint(
    {
      ...{ method: 'get', path: '/api/operators', operationId: 'listOperators', tag, access },
      summary: 'Operators, in the order of the documentation',
      answers: { 200: z.array(operatorSchema) },
    },
    async () => ({ status: 200, body: operatorDefinitions().map(present) }),
  )

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/operators/{name}', operationId: 'getOperator', tag, access },
      summary: 'An operator with the JSON Schema of its configuration',
      params: z.strictObject({ name: z.string().min(1).max(100) }),
      answers: { 200: operatorWithSchema },
    },
    async ({ params: { name } }) => {
      const all = operatorDefinitions()
      const found = all.find((one) => one.name === name)
      if (found === undefined) {
        const nearest = closestName(
          name,
          all.map((one) => one.name),
        )
        const hint = nearest === undefined ? '/api/operators lists those that there are.' : `Did you mean "${nearest}"?`
        throw notFound('OPERATOR_MISSING', `There is no operator "${name}". ${hint}`)
      }
      const config_schema = { ...found.configSchema } as Record<string, unknown>
      return { status: 200, body: { ...present(found), config_schema, example: found.example } }
    },
  )
}

function present({ name, title, description, output }: OperatorDefinition): z.input<typeof operatorSchema> {
  return { name, title, description, output }
}
