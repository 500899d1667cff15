import { ConfigError } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { importCode } from './import-code.ts'

export type TypescriptConfig = {
  readonly code: string
  readonly args?: { readonly [name: string]: Json }
  readonly connections?: readonly string[]
  readonly secrets?: readonly string[]
}

const name = { type: 'string', minLength: 1 }

const typescriptConfigSchema = {
  type: 'object',
  properties: {
    code: {
      ...name,
      title: 'Code',
      description:
        'A module that exports `run(context, args)`, whose result, as JSON, is the output. It is no template: give it values by `args`.',
      'x-code': 'typescript',
    },
    args: {
      type: 'object',
      title: 'Arguments',
      description: 'The second argument of `run`.',
      additionalProperties: true,
    },
    connections: {
      type: 'array',
      items: { ...name, 'x-connection': true },
      title: 'Connections',
      description: 'That the code asks `context.connections` for.',
    },
    secrets: {
      type: 'array',
      items: { ...name, 'x-secret': true },
      title: 'Secrets',
      description: 'That the code asks `context.secrets` for.',
    },
  },
  required: ['code'],
  additionalProperties: false,
}

export const typescriptDefinition: OperatorDefinition = {
  name: 'typescript',
  title: 'TypeScript',
  description:
    'Runs TypeScript or JavaScript code in the process of the task. Types are removed, not checked. The code is trusted: it runs with the rights of the worker and may import what is installed there.',
  configSchema: typescriptConfigSchema,
  output: 'What `run` returned',
  example: {
    code: "import { openConnection } from '@millrace/operators'\n\nexport async function run(context, { table }) {\n  await using warehouse = await openConnection(context, 'warehouse', 'sql')\n  const rows = await warehouse.query('select count(*) from ' + table, { scalar: true })\n  return { rows: Number(rows) }\n}\n",
    args: { table: 'sales' },
    connections: ['warehouse'],
  },
}

export class TypescriptOperator extends DefinedOperator<TypescriptConfig> {
  static override readonly noTemplateFields: readonly string[] = ['code']
  constructor(config: TypescriptConfig) {
    super(typescriptDefinition, config)
  }

  protected async execute({ code, args = {} }: TypescriptConfig, context: TaskContext): Promise<Json> {
    const { run } = await importCode(code, context.task.id)
    if (typeof run !== 'function') {
      throw new ConfigError('CODE_WITHOUT_RUN', {
        message: 'The code exports no function "run". Write: export async function run(context, args) { … }',
      })
    }
    const result: unknown = await run(context, args)
    return (result ?? null) as Json
  }
}
