import { ConfigError } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { templateLiteral } from './template-literal.ts'

export type BranchConfig = {
  readonly cases: readonly { readonly when: string; readonly to: string | readonly string[] }[]
  readonly otherwise?: string | readonly string[]
  readonly outputs?: readonly string[]
}

const id = { type: 'string', minLength: 1 }
const ids = {
  oneOf: [
    { ...id, title: 'an id' },
    { type: 'array', items: id, title: 'a list of ids' },
  ],
}

const branchConfigSchema = {
  type: 'object',
  properties: {
    cases: {
      type: 'array',
      minItems: 1,
      title: 'Cases',
      description: 'The first one that holds decides.',
      items: {
        type: 'object',
        properties: {
          when: {
            ...id,
            title: 'When',
            description:
              'A Jinja2 expression over the documented names and `outputs`, such as `params.full or outputs.count.rows > 0`.',
            'x-code': 'jinja',
          },
          to: { ...ids, title: 'Then', description: 'Direct downstreams that go on; the others are skipped.' },
        },
        required: ['when', 'to'],
        additionalProperties: false,
      },
    },
    otherwise: {
      ...ids,
      title: 'Otherwise',
      description: 'Direct downstreams that go on when no case holds. Default: none.',
    },
    outputs: {
      type: 'array',
      items: id,
      title: 'Outputs',
      description:
        'Tasks before this one whose outputs the expressions need, as `outputs.id` or `outputs["load.orders"]`.',
    },
  },
  required: ['cases'],
  additionalProperties: false,
}

export const branchDefinition: OperatorDefinition = {
  name: 'branch',
  title: 'Branch',
  description: 'Chooses which of the tasks directly after it go on. The others are skipped.',
  configSchema: branchConfigSchema,
  output: 'The ids of the tasks that go on',
  example: {
    cases: [{ when: 'outputs.count.rows[0].n > 0', to: 'load' }],
    otherwise: 'nothing_new',
    outputs: ['count'],
  },
}

export class BranchOperator extends DefinedOperator<BranchConfig> {
  static override readonly noTemplateFields: readonly string[] = ['cases']
  constructor(config: BranchConfig) {
    super(branchDefinition, config)
  }

  /** What a task that has it does in a graph: its downstreams that are not chosen are skipped. */
  async choose(context: TaskContext): Promise<readonly string[]> {
    return (await this.run(context)) as readonly string[]
  }

  protected async execute({ cases, otherwise = [], outputs = [] }: BranchConfig, context: TaskContext): Promise<Json> {
    const known = Object.fromEntries(
      await Promise.all(outputs.map(async (node) => [node, await context.output(node)] as const)),
    )
    for (const [index, { when, to }] of cases.entries()) {
      if (!holds(when, known, context)) continue
      context.log.info(`Case ${index + 1} holds: ${when}`)
      return listOf(context.render(to))
    }
    context.log.info('No case holds.')
    return listOf(otherwise)
  }
}

/** Braces around the expression are allowed, since people write them. */
function holds(when: string, outputs: Readonly<Record<string, Json>>, context: TaskContext): boolean {
  const expression = when.trim().replace(/^\{\{([\s\S]*)\}\}$/, '$1')
  if (/\{\{|\{%/.test(expression)) {
    throw new ConfigError('BRANCH_CONDITION_INVALID', {
      message: `"${when}" has to be one expression, such as params.full or outputs.count.rows > 0. Write it without template tags.`,
    })
  }
  const text = `{% set outputs = ${templateLiteral(outputs)} %}{% if ${expression} %}yes{% endif %}`
  return context.render(text) === 'yes'
}

function listOf(to: string | readonly string[]): Json {
  return typeof to === 'string' ? [to] : [...to]
}
