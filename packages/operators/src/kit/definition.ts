import { type Json, type JsonSchema, Operator, type TaskContext } from '@millrace/workflow'
import { deferWhileHeld } from './busy.ts'
import { checkConfig, settleConfig } from './config.ts'
import { namedIn } from './named-in.ts'

/** What an operator is, apart from its code: for forms, documentation, validation and the registry. */
export interface OperatorDefinition {
  /** Name in the registry, such as `sql`. */
  readonly name: string
  readonly title: string
  /** One or two sentences for people. */
  readonly description: string
  /**
   * Validation and form. `x-connection` and `x-secret` mark texts that name a connection or a secret; `x-code` a text
   * that is written in the named language.
   */
  readonly configSchema: JsonSchema
  /** What its output holds, for the documentation; no full stop. */
  readonly output: string
  /** A configuration that shows the common case. */
  readonly example: Json
}

/**
 * An operator whose configuration is checked against its schema: when it is made, with templates standing for any
 * value, and once more when it runs, with the templates filled in.
 */
export abstract class DefinedOperator<Config extends Json> extends Operator<Config> {
  readonly definition: OperatorDefinition
  readonly operator: string
  /** @throws ConfigError `OPERATOR_INVALID` with every problem and its path */
  constructor(definition: OperatorDefinition, config: Config) {
    checkConfig(definition, config)
    super(config)
    this.definition = definition
    this.operator = definition.name
  }
  override get connections(): readonly string[] {
    return [...new Set(namedIn(this.definition.configSchema, this.config, 'x-connection').map(({ name }) => name))]
  }
  override get secrets(): readonly string[] {
    return [...new Set(namedIn(this.definition.configSchema, this.config, 'x-secret').map(({ name }) => name))]
  }
  override async run(context: TaskContext): Promise<Json> {
    const config = settleConfig<Config>(this.definition, this.config)
    try {
      return await this.execute(config, context)
    } catch (error) {
      throw (context.signal.aborted ? null : deferWhileHeld(error, context.state)) ?? error
    }
  }
  protected abstract execute(config: Config, context: TaskContext): Promise<Json>
}
