/** Of a value in a configuration. Those that are no text in JSON: `int`, `Duration`, `SizeSuffix`, `MultiEncoder` whole numbers, `bool` a boolean, `Tristate` an object. */
export type OptionType = 'string' | 'bool' | 'int' | 'Duration' | 'SizeSuffix' | 'MultiEncoder' | 'Tristate'

export interface OptionExample {
  readonly value: string
  readonly help: string
  /** As of the option. */
  readonly provider?: string
}

/** One option of a type of storage, named as rclone names it. */
export interface StorageOption {
  readonly name: string
  readonly help: string
  /** Default `string`. */
  readonly type?: OptionType
  readonly default?: string | number | boolean
  /** Has to be given, unless there is a default. */
  readonly required?: true
  /** Of which providers the option is, such as `AWS,Ceph`; `!AWS,Ceph` is all but these. Default: all. */
  readonly provider?: string
  /** Never kept in a configuration. */
  readonly sensitive?: true
  /** Sensitive, and rclone expects it obscured. */
  readonly password?: true
  /** Rarely needed. */
  readonly advanced?: true
  readonly examples?: readonly OptionExample[]
  /** No other value than the examples is good. */
  readonly exclusive?: true
}

/** A type of storage that a configuration can name in `type`. */
export interface StorageProvider {
  readonly name: string
  readonly description: string
  readonly options: readonly StorageOption[]
  /** Options that are refused: they name files of, or run commands on, the machine that mounts the storage. */
  readonly blocked?: readonly string[]
}
