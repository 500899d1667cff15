import type { Schema } from '../api/index.ts'
import { containerFields, type Environment } from './environment-schema.ts'
import type { ClassChoice } from './use-classes.ts'

export type Launcher = Schema<'SessionLauncher'>

/** A launcher as the form has it. */
export interface LauncherForm {
  readonly name: string
  readonly description?: string
  /** Of an environment for every project; else the container follows. */
  readonly environment_id?: string
  readonly container_image?: string
  readonly default_url?: string
  readonly port?: number
  readonly working_directory?: string
  readonly mount_directory?: string
  readonly uid?: number
  readonly gid?: number
  readonly command?: string[]
  readonly args?: string[]
  readonly strip_path_prefix?: boolean
  readonly resource_class_id?: number
  readonly disk_storage?: number
  readonly env_variables?: { name: string; value?: string }[]
}

export function launcherSchema(environments: readonly Environment[], classes: readonly ClassChoice[]) {
  return {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', title: 'Name', minLength: 1 },
      description: { type: 'string', title: 'Description', maxLength: 500 },
      ...(environments.length === 0
        ? {}
        : {
            environment_id: {
              type: 'string',
              title: 'Environment',
              description: 'Or give a container image below.',
              enum: environments.map(({ id }) => id),
              'x-enum-names': environments.map(({ name }) => name),
            },
          }),
      ...containerFields,
      ...(classes.length === 0
        ? {}
        : {
            resource_class_id: {
              type: 'integer',
              title: 'Size',
              description: 'Empty: as proposed when the session starts.',
              enum: classes.map(({ id }) => id),
              'x-enum-names': classes.map(({ text }) => text),
            },
          }),
      disk_storage: { type: 'integer', title: 'Disk in gigabytes', minimum: 1 },
      env_variables: {
        type: 'array',
        title: 'Environment variables',
        'x-advanced': true,
        items: {
          type: 'object',
          title: 'Variable',
          required: ['name'],
          properties: {
            name: { type: 'string', title: 'Name', minLength: 1 },
            value: { type: 'string', title: 'Value' },
          },
        },
      },
    },
  }
}

/** What is sent. @throws Error with a sentence for the form. */
export function launcherBody(form: LauncherForm) {
  const { name, description = '', environment_id, resource_class_id, disk_storage, env_variables = [], ...rest } = form
  const { container_image, ...container } = rest
  if (environment_id === undefined && container_image === undefined) {
    throw new Error('Choose an environment, or give a container image.')
  }
  if (environment_id !== undefined && container_image !== undefined) {
    throw new Error('Choose an environment or give a container image, not both.')
  }
  return {
    ...{ name, description, env_variables },
    environment:
      environment_id !== undefined
        ? { id: environment_id }
        : {
            ...container,
            ...(container_image === undefined ? {} : { container_image }),
            name,
            environment_kind: 'CUSTOM' as const,
            environment_image_source: 'image' as const,
          },
    ...(resource_class_id === undefined ? {} : { resource_class_id }),
    ...(disk_storage === undefined ? {} : { disk_storage }),
  }
}

export function launcherForm(launcher: Launcher): LauncherForm {
  const { name, description, environment, resource_class_id, disk_storage, env_variables } = launcher
  const { id, environment_kind, container_image, default_url, port, uid, gid } = environment
  const { working_directory, mount_directory, command, args, strip_path_prefix } = environment
  const container = { container_image, default_url, port, uid, gid, working_directory, mount_directory, command, args }
  const all = {
    ...{ name, description, resource_class_id, disk_storage, env_variables },
    ...(environment_kind === 'GLOBAL' ? { environment_id: id } : { ...container, strip_path_prefix }),
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as LauncherForm
}
