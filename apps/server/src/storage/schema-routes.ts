import { z } from '@hono/zod-openapi'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { checkConfiguration, providerOf, sensitiveMark } from './configuration.ts'
import { obscure } from './obscure.ts'
import { rcloneSchema, storageProviderSchema } from './rclone-schema.ts'
import { configurationInput } from './storage-input.ts'
import { testConnection } from './test-connection/test-connection.ts'

const tag = 'storage'

/** What storage can be configured, and whether a configuration is right. Nothing is kept here. */
export function storageSchemaRoutes(api: ServerApi, { settings }: ServerContext): void {
  api.endpoint(
    {
      method: 'get',
      path: '/api/data/storage_schema',
      operationId: 'getStorageSchema',
      tag,
      access: 'open',
      summary: 'Types of storage and their options',
      answers: { 200: z.array(storageProviderSchema) },
    },
    () => ({ status: 200, body: [...rcloneSchema] }),
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/storage_schema/validate',
      operationId: 'validateStorageConfiguration',
      tag,
      access: 'open',
      summary: 'Check a configuration against the schema',
      body: configurationInput,
      answers: { 204: null },
    },
    ({ body }) => {
      checkConfiguration(body)
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/storage_schema/test_connection',
      operationId: 'testStorageConnection',
      tag,
      access: 'user',
      summary: 'List the storage once',
      description: 'Sensitive values have to be in the configuration; they are not kept.',
      body: z.strictObject({ configuration: configurationInput, source_path: z.string().max(2000).default('') }),
      answers: { 204: null },
    },
    async ({ body: { configuration, source_path } }) => {
      await testConnection(settings, configuration, source_path)
      return { status: 204 }
    },
  )

  api.endpoint(
    {
      method: 'post',
      path: '/api/data/storage_schema/obscure',
      operationId: 'obscureStorageConfiguration',
      tag,
      access: 'open',
      summary: 'Obscure passwords as rclone does',
      description: 'This is no encryption: anybody can undo it.',
      body: z.strictObject({ configuration: configurationInput }),
      answers: { 200: z.record(z.string(), z.unknown()) },
    },
    ({ body }) => {
      const configuration = checkConfiguration(body.configuration)
      const { options } = providerOf(configuration)
      const passwords = new Set(options.filter(({ password }) => password).map(({ name }) => name))
      const entries = Object.entries(configuration).map(([name, value]) => [
        name,
        passwords.has(name) && value !== sensitiveMark ? obscure(String(value)) : value,
      ])
      return { status: 200, body: Object.fromEntries(entries) }
    },
  )
}
