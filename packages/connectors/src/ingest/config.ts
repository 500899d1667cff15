import { MissingConfiguration } from './errors.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What an ingestion script is told by its environment. An empty string counts as set. */
export interface KitConfig {
  /** @throws MissingConfiguration when the variable is not set */
  get(name: string): string
  /** Null when the variable is not set. */
  get(name: string, options: { readonly optional: true }): string | null
  /** The default, which may be null, when the variable is not set. */
  get<T>(name: string, options: { readonly default: T; readonly optional?: boolean }): string | T
}

export function kitConfig(environment: Environment = process.env): KitConfig {
  function get(name: string): string
  function get(name: string, options: { readonly optional: true }): string | null
  function get<T>(name: string, options: { readonly default: T; readonly optional?: boolean }): string | T
  function get(name: string, options: { readonly optional?: boolean; readonly default?: unknown } = {}): unknown {
    const value = environment[name]
    if (value !== undefined) return value
    if (Object.hasOwn(options, 'default')) return options.default
    if (options.optional) return null
    throw new MissingConfiguration({
      message: `${name} is required. Set the environment variable ${name}.`,
      details: { variable: name },
    })
  }
  return { get }
}
