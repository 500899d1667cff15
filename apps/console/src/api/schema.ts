import type { components } from '@millrace/client'

/** A shape of the API by its name: `Schema<'Run'>`. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]
