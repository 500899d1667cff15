import type { Schema } from '../api/index.ts'
import type { ClassForm } from './class-schema.ts'
import { classSchema } from './class-schema.ts'

/** A resource pool as the form has it. */
export interface PoolForm {
  readonly name: string
  readonly public?: boolean
  readonly default?: boolean
  readonly platform?: Schema<'ResourcePool'>['platform']
  readonly quota?: { readonly cpu: number; readonly memory: number; readonly gpu: number }
  readonly idle_threshold?: number
  readonly hibernation_threshold?: number
  readonly hibernation_warning_period?: number
  readonly cpu_limit_factor?: number
  readonly classes?: ClassForm[]
}

const seconds = { type: 'integer', minimum: 0, 'x-unit': 'seconds', 'x-advanced': true }

const fields = {
  name: { type: 'string', title: 'Name', minLength: 1 },
  public: { type: 'boolean', title: 'For everybody', description: 'Else for its members only.' },
  default: { type: 'boolean', title: 'The pool that people have by default' },
  platform: {
    type: 'string',
    title: 'Processors',
    enum: ['linux/amd64', 'linux/arm64'],
    default: 'linux/amd64',
    'x-advanced': true,
  },
  idle_threshold: { ...seconds, title: 'Idle sessions hibernate after, in seconds', description: '0: never.' },
  hibernation_threshold: { ...seconds, title: 'Hibernated sessions end after, in seconds', description: '0: never.' },
  hibernation_warning_period: { ...seconds, title: 'People are warned before, in seconds', description: '0: not.' },
  cpu_limit_factor: {
    type: 'number',
    title: 'Sessions may use so many times their cores while others are idle',
    minimum: 1,
    'x-advanced': true,
  },
} as const

export const quotaSchema = {
  type: 'object',
  title: 'Quota',
  required: ['cpu', 'memory', 'gpu'],
  properties: {
    cpu: { type: 'number', title: 'Cores', minimum: 0 },
    memory: { type: 'integer', title: 'Memory in gigabytes', minimum: 0 },
    gpu: { type: 'integer', title: 'Graphics processors', minimum: 0 },
  },
} as const

export const poolSchema = { type: 'object', required: ['name'], properties: fields } as const

export const newPoolSchema = {
  type: 'object',
  required: ['name', 'classes'],
  properties: {
    ...fields,
    classes: {
      type: 'array',
      title: 'Classes',
      description: 'What people choose from. One of them is proposed.',
      minItems: 1,
      items: classSchema,
    },
  },
  order: ['name', 'public', 'default', 'classes'],
} as const

export const firstClass: ClassForm = {
  ...{ name: 'small', cpu: 1, memory: 4, gpu: 0, default_storage: 10, max_storage: 100, default: true },
}
