/** A JSON Schema property with the few keywords that console forms, docs and validation use. */
export interface ConfigProperty {
  readonly type: 'string' | 'integer' | 'boolean'
  readonly title: string
  readonly description?: string
  readonly default?: string | number | boolean
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  /** Environment variables that supply the value, first one set wins. The driver's own names where it has some. */
  readonly env?: readonly string[]
  /** A path on the machine that uses it: in a configuration file a relative one starts at the folder of that file. */
  readonly localPath?: true
}

/** The configuration of a connector: forms, documentation, validation and redaction come from it. */
export interface ConfigSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, ConfigProperty>>
  readonly required: readonly string[]
  /** Names of the properties that must never be shown. */
  readonly secret: readonly string[]
  readonly order: readonly string[]
}

export type ConfigValues = Readonly<Record<string, string | number | boolean>>
