import type { Schema } from '../api/index.ts'

export type Environment = Schema<'Environment'>

/** An environment as the form has it. */
export interface EnvironmentForm {
  readonly name: string
  readonly container_image: string
  readonly description?: string
  readonly default_url?: string
  readonly port?: number
  readonly working_directory?: string
  readonly mount_directory?: string
  readonly uid?: number
  readonly gid?: number
  readonly command?: string[]
  readonly args?: string[]
  readonly strip_path_prefix?: boolean
  readonly is_archived?: boolean
}

const rare = { 'x-advanced': true }
const words = (title: string, description: string) => ({
  ...{ type: 'array', title, description, items: { type: 'string', title: 'Word' } },
  ...rare,
})

/** What a container of a session is. */
export const containerFields = {
  container_image: {
    type: 'string',
    title: 'Container image',
    minLength: 1,
    description: 'Such as images.example.com/team/notebook:2.',
  },
  default_url: { type: 'string', title: 'Path that is opened first', default: '/', ...rare },
  port: { type: 'integer', title: 'Port', minimum: 1, maximum: 65_535, default: 8080, ...rare },
  working_directory: { type: 'string', title: 'Working directory', ...rare },
  mount_directory: { type: 'string', title: 'Where the project is mounted', ...rare },
  uid: { type: 'integer', title: 'User id', minimum: 0, default: 1000, ...rare },
  gid: { type: 'integer', title: 'Group id', minimum: 0, default: 1000, ...rare },
  command: words('Command', 'Empty: what the image says.'),
  args: words('Arguments', 'Empty: what the image says.'),
  strip_path_prefix: { type: 'boolean', title: 'Take the path of the session off requests', ...rare },
}

export const environmentSchema = {
  type: 'object',
  required: ['name', 'container_image'],
  properties: {
    name: { type: 'string', title: 'Name', minLength: 1 },
    description: { type: 'string', title: 'Description', maxLength: 500 },
    ...containerFields,
  },
}

export const editEnvironmentSchema = {
  ...environmentSchema,
  properties: {
    ...environmentSchema.properties,
    is_archived: {
      type: 'boolean',
      title: 'Archived',
      description: 'Not proposed for new launchers; those that name it keep it.',
    },
  },
}

export function environmentForm(environment: Environment): EnvironmentForm {
  const {
    id: _id,
    creation_date: _at,
    environment_kind: _kind,
    environment_image_source: _source,
    ...form
  } = environment
  return form
}
