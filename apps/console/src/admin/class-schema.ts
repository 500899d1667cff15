import type { Schema } from '../api/index.ts'

type ResourceClass = Schema<'ResourceClass'>

/** A class as the form has it. */
export type ClassForm = Omit<ResourceClass, 'id' | 'quota_enforced' | 'tolerations' | 'node_affinities' | 'default'> & {
  readonly default?: boolean
  readonly quota_enforced?: boolean
  readonly tolerations?: string[]
  readonly node_affinities?: { key: string; required_during_scheduling?: boolean }[]
}

/** JSON Schema of a resource class. */
export const classSchema = {
  type: 'object',
  title: 'Class',
  required: ['name', 'cpu', 'memory', 'gpu', 'max_storage', 'default_storage'],
  properties: {
    name: { type: 'string', title: 'Name', minLength: 1 },
    cpu: { type: 'number', title: 'Cores', exclusiveMinimum: 0, description: 'Fractions are fine.' },
    memory: { type: 'integer', title: 'Memory in gigabytes', minimum: 1 },
    gpu: { type: 'integer', title: 'Graphics processors', minimum: 0 },
    default_storage: { type: 'integer', title: 'Disk in gigabytes', minimum: 1 },
    max_storage: { type: 'integer', title: 'Largest disk in gigabytes', minimum: 1 },
    default: { type: 'boolean', title: 'Proposed to people', description: 'One class of each pool is.' },
    quota_enforced: { type: 'boolean', title: 'Counts towards the quota', 'x-advanced': true },
    tolerations: {
      type: 'array',
      title: 'Tolerations',
      description: 'Taints of nodes that sessions of this class tolerate.',
      items: { type: 'string', title: 'Taint', minLength: 1 },
      'x-advanced': true,
    },
    node_affinities: {
      type: 'array',
      title: 'Node affinities',
      description: 'Labels of nodes where sessions of this class should run.',
      'x-advanced': true,
      items: {
        type: 'object',
        title: 'Affinity',
        required: ['key'],
        properties: {
          key: { type: 'string', title: 'Label', minLength: 1 },
          required_during_scheduling: { type: 'boolean', title: 'Only there' },
        },
      },
    },
  },
} as const

/** What is sent of it: fields that were emptied are said. */
export function classBody({ default: isDefault = false, tolerations = [], node_affinities = [], ...rest }: ClassForm) {
  return { ...rest, default: isDefault, tolerations, node_affinities }
}

/** `2 cores, 8 GB, 1 GPU`. */
export function classText({ cpu, memory, gpu }: Pick<ResourceClass, 'cpu' | 'memory' | 'gpu'>): string {
  return [`${cpu} ${cpu === 1 ? 'core' : 'cores'}`, `${memory} GB`, ...(gpu > 0 ? [`${gpu} GPU`] : [])].join(', ')
}
