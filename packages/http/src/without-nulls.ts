type NullableKeys<T> = { [K in keyof T]-?: null extends T[K] ? K : never }[keyof T]

/** The same with its null fields left out; what is inside of the fields stays as it is. */
export type WithoutNulls<T> = { [K in Exclude<keyof T, NullableKeys<T>>]: T[K] } & {
  [K in NullableKeys<T>]?: Exclude<T[K], null>
}

/** Answers say nothing instead of null. */
export function withoutNulls<T extends object>(value: T): WithoutNulls<T> {
  const kept: Partial<T> = {}
  for (const name of Object.keys(value) as (keyof T)[]) if (value[name] !== null) kept[name] = value[name]
  return kept as WithoutNulls<T>
}
