import { z } from '@hono/zod-openapi'
import { etagOf, withoutNulls } from '@millrace/http'
import { isoTime, plainName, text, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import { sensitive } from './config.ts'
import type { ReadableConnection } from './readable-connections.ts'
import type { Connection } from './store.ts'

const value = z.union([text(65_536), z.number(), z.boolean()])
const settings = z.record(z.string().min(1).max(100), value)
const connectorName = z.string().min(1).max(100)
const aboutText = text(500)

/** A connector with its settings, or an address. */
const configFields = {
  connector: connectorName.optional().openapi({ description: 'Default: the one that the address belongs to.' }),
  uri: text(4096).min(1).optional().openapi({ example: 'postgres://loader:password@db.example.com/shop' }),
  config: settings
    .optional()
    .openapi({ description: 'As the JSON Schema of the connector says. Wins over the address.' }),
}

export const givenConfigSchema = z.strictObject(configFields)

export const newConnectionSchema = z.strictObject({
  name: plainName.openapi({ description: 'What tasks name it by.' }),
  description: aboutText.optional(),
  ...configFields,
})

export const connectionChangesSchema = z.strictObject({
  name: plainName.optional(),
  description: aboutText.optional().openapi({ description: 'An empty one takes it away.' }),
  config: z
    .record(z.string().min(1).max(100), value.nullable())
    .optional()
    .openapi({
      description: `Settings that change; null takes one away, and "${sensitive}" leaves a secret as it is.`,
    }),
})

export const connectionSchema = z
  .object({
    id: ulidText,
    name: z.string(),
    connector: z.string(),
    description: z.string().optional(),
    config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).openapi({
      description: `Without defaults. Secret settings that have a value show "${sensitive}".`,
    }),
    created_by: z.string(),
    created_at: time,
    updated_at: time,
    last_used_at: time.optional().openapi({ description: 'By a task, to the minute.' }),
    etag: z.string(),
  })
  .openapi('Connection')

/** What a task may name, from whichever place it comes. */
export const usableSchema = z
  .object({
    name: z.string(),
    connector: z.string(),
    description: z.string().optional(),
    of: z.enum(['project', 'namespace', 'platform']),
  })
  .openapi('UsableConnection')

/** One of a list over all places, with where it is. */
export const readableSchema = z
  .object({
    id: ulidText,
    name: z.string(),
    connector: z.string(),
    description: z.string().optional(),
    of: z.enum(['project', 'namespace', 'platform']),
    project: z
      .object({ id: z.string(), name: z.string(), slug: z.string() })
      .optional()
      .openapi({ description: 'Of one of a project.' }),
    namespace: z
      .object({ slug: z.string(), kind: z.enum(['user', 'group']) })
      .optional()
      .openapi({ description: 'That the project is in, or whose it is.' }),
    updated_at: time,
    last_used_at: time.optional().openapi({ description: 'By a task, to the minute.' }),
  })
  .openapi('ReadableConnection')

export const usingTaskSchema = z
  .object({
    workflow: z.string(),
    version: z.string(),
    current: z.boolean(),
    nodes: z.array(z.string()),
  })
  .openapi('ConnectionUse')

export const testResultSchema = z
  .object({ ok: z.boolean(), message: z.string(), duration_ms: z.int(), server_version: z.string().optional() })
  .openapi('ConnectionTest')

export const relationsSchema = z
  .object({
    tables: z.array(z.string()).openapi({ description: 'Names as statements and transfers take them.' }),
    relations: z
      .array(
        z.object({
          name: z.string().openapi({ description: 'As in `tables`.' }),
          scope: z.array(z.string()).openapi({ description: 'What it is in, outermost first, such as its schema.' }),
          label: z.string().openapi({ description: 'Its name without that.' }),
          kind: z.enum(['table', 'file']).openapi({ description: 'Views are tables as well.' }),
        }),
      )
      .openapi({ description: 'The same, taken apart.' }),
    levels: z
      .array(z.string())
      .openapi({ description: 'Names of the levels of a database, outermost first.', example: ['schema', 'table'] }),
    cut: z.boolean().openapi({ description: 'There are more.' }),
    duration_ms: z.int(),
  })
  .openapi('ConnectionRelations')

export const columnsSchema = z
  .object({
    columns: z.array(
      z.object({
        name: z.string(),
        source_type: z.string().openapi({ description: 'As the database declares it.' }),
        type: z.string().openapi({ description: 'The same for all systems.', example: 'decimal(10,2)' }),
        nullable: z.boolean(),
        key: z.int().optional().openapi({ description: 'Place in the primary key, from 1.' }),
      }),
    ),
    estimated_rows: z.number().optional(),
    estimated_bytes: z.number().optional(),
    duration_ms: z.int(),
  })
  .openapi('ConnectionColumns')

export const previewSchema = z
  .object({
    columns: z.array(z.object({ name: z.string(), type: z.string(), nullable: z.boolean() })),
    rows: z.array(z.array(z.string().nullable())),
    cut: z.boolean().openapi({ description: 'There are more rows.' }),
    duration_ms: z.int(),
  })
  .openapi('ConnectionPreview')

export function connectionEtag({ id, updatedAt }: Pick<Connection, 'id' | 'updatedAt'>): string {
  return etagOf(`${id}-${isoTime(updatedAt)}`)
}

export function presentConnection(connection: Connection): z.input<typeof connectionSchema> & { etag: string } {
  const { secretFields } = connection
  return withoutNulls({
    id: connection.id,
    name: connection.name,
    connector: connection.connector,
    description: connection.description,
    config: { ...connection.config, ...Object.fromEntries(secretFields.map((name) => [name, sensitive])) },
    created_by: connection.createdBy,
    created_at: isoTime(connection.createdAt),
    updated_at: isoTime(connection.updatedAt),
    last_used_at: isoTime(connection.lastUsedAt),
    etag: connectionEtag(connection),
  })
}

export function presentUsable(connection: Connection): z.input<typeof usableSchema> {
  const { name, connector, description, projectId, namespaceId } = connection
  const inherited = namespaceId === null ? 'platform' : 'namespace'
  const of: z.input<typeof usableSchema>['of'] = projectId === null ? inherited : 'project'
  return withoutNulls({ name, connector, description, of })
}

export function presentReadable(connection: ReadableConnection): z.input<typeof readableSchema> {
  const { id, name, connector, description, projectId, projectName, projectSlug, namespace, namespaceKind } = connection
  const inProject = projectId !== null && projectName !== null && projectSlug !== null
  return withoutNulls({
    ...{ id, name, connector, description },
    of: inProject ? ('project' as const) : namespace === null ? ('platform' as const) : ('namespace' as const),
    project: inProject ? { id: projectId, name: projectName, slug: projectSlug } : null,
    namespace: namespace === null || namespaceKind === null ? null : { slug: namespace, kind: namespaceKind },
    updated_at: isoTime(connection.updatedAt),
    last_used_at: isoTime(connection.lastUsedAt),
  })
}
