import type { Json } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'

const emptyConfigSchema = { type: 'object', properties: {}, additionalProperties: false }

export const emptyDefinition: OperatorDefinition = {
  name: 'empty',
  title: 'Empty',
  description: 'Does nothing: a place where branches meet, with a trigger rule of its own.',
  configSchema: emptyConfigSchema,
  output: 'Null',
  example: {},
}

export class EmptyOperator extends DefinedOperator<Record<string, never>> {
  constructor(config: Record<string, never> = {}) {
    super(emptyDefinition, config)
  }

  protected async execute(): Promise<Json> {
    return null
  }
}
