import type { Schema } from '../api/index.ts'
import { sensitiveNames, storageSchema } from './storage-form.ts'

type Connector = Schema<'DataConnector'>
export type Configuration = Readonly<Record<string, string | number | boolean>>

/** What people change of a data connector. */
export interface ConnectorFields {
  readonly name: string
  readonly description?: string
  readonly keywords?: readonly string[]
  readonly visibility: Connector['visibility']
  /** Without the kind of storage and its vendor, which stay, and without what is secret. */
  readonly configuration?: Configuration
  readonly source_path?: string
  readonly target_path: string
  readonly readonly: boolean
}

/** Body of a change. */
export interface ConnectorChanges {
  readonly name?: string
  readonly description?: string
  readonly keywords?: string[]
  readonly visibility?: Connector['visibility']
  readonly storage?: {
    readonly configuration?: Record<string, unknown>
    readonly source_path?: string
    readonly target_path?: string
    readonly readonly?: boolean
  }
}

/** A DOI says where its data are: nothing of that can be changed. */
export function isPublished({ storage }: Connector): boolean {
  return storage.storage_type === 'doi'
}

export function fieldsOf(connector: Connector): ConnectorFields {
  const { name, description, keywords, visibility, storage } = connector
  const { source_path, target_path, readonly } = storage
  return {
    ...{ name, description: description ?? '', keywords: [...keywords], visibility, target_path },
    ...(isPublished(connector)
      ? { readonly: true }
      : { configuration: configurationOf(connector), source_path, readonly }),
  }
}

function configurationOf({ storage: { configuration, sensitive_fields } }: Connector): Configuration {
  const hidden = ['type', 'provider', ...sensitive_fields.map(({ name }) => name)]
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => !hidden.includes(name))) as Configuration
}

/** Body of the change; an option that was taken away is null in it. */
export function changesOf(before: ConnectorFields, after: ConnectorFields): ConnectorChanges {
  const { name, description = '', keywords = [], visibility, target_path, readonly, source_path = '' } = after
  const options = optionChanges(before.configuration, after.configuration)
  const storage = {
    ...(Object.keys(options).length === 0 ? {} : { configuration: options }),
    ...(source_path === (before.source_path ?? '') ? {} : { source_path }),
    ...(target_path === before.target_path ? {} : { target_path }),
    ...(readonly === before.readonly ? {} : { readonly }),
  }
  return {
    ...(name === before.name ? {} : { name }),
    ...(description === (before.description ?? '') ? {} : { description }),
    ...(isSame(keywords, before.keywords ?? []) ? {} : { keywords: [...keywords] }),
    ...(visibility === before.visibility ? {} : { visibility }),
    ...(Object.keys(storage).length === 0 ? {} : { storage }),
  }
}

/** What was typed over `before`, on top of what somebody else saved meanwhile. */
export function onTopOf(saved: ConnectorFields, before: ConnectorFields, typed: ConnectorFields): ConnectorFields {
  const { storage = {}, ...own } = changesOf(before, typed)
  const { configuration, ...rest } = storage
  const all = { ...saved, ...own, ...rest } as ConnectorFields
  if (configuration === undefined) return all
  const options = Object.entries({ ...saved.configuration, ...configuration }).filter(([, value]) => value !== null)
  return { ...all, configuration: Object.fromEntries(options) as Configuration }
}

function optionChanges(before: Configuration = {}, after: Configuration = {}): Record<string, unknown> {
  const gone = Object.keys(before).filter((name) => after[name] === undefined)
  const given = Object.entries(after).filter(([name, value]) => before[name] !== value)
  return { ...Object.fromEntries(given), ...Object.fromEntries(gone.map((name) => [name, null])) }
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((word, at) => word === other[at])
}

/** JSON Schema of the form. Who sees it is for those who may remove it to say. */
export function fieldsSchema(
  connector: Connector,
  { storage, maySetVisibility }: { readonly storage: Schema<'StorageProvider'>; readonly maySetVisibility: boolean },
): object {
  const vendor = connector.storage.configuration.provider as string | undefined
  const options = storageSchema(storage, vendor) as { properties: Record<string, object>; required: string[] }
  const secret = sensitiveNames(storage)
  const isOpen = (name: string) => !secret.includes(name)
  const ofStorage = isPublished(connector)
    ? {}
    : {
        configuration: {
          ...options,
          title: `Options of ${storage.name}`,
          required: options.required.filter(isOpen),
          properties: Object.fromEntries(Object.entries(options.properties).filter(([name]) => isOpen(name))),
        },
        source_path: { type: 'string', title: 'Folder there', description: 'Such as BUCKET/folder. Empty: all of it.' },
      }
  return {
    type: 'object',
    required: ['name', 'target_path'],
    properties: {
      name: { type: 'string', title: 'Name', minLength: 1, maxLength: 99 },
      description: { type: 'string', title: 'Description', maxLength: 500 },
      keywords: {
        type: 'array',
        title: 'Keywords',
        items: { type: 'string', title: 'Keyword', minLength: 1, maxLength: 99 },
      },
      ...(maySetVisibility
        ? { visibility: { type: 'string', title: 'Who may see it', enum: ['private', 'public'] } }
        : {}),
      ...ofStorage,
      target_path: {
        ...{ type: 'string', title: 'Mounted at', minLength: 1 },
        description: 'The folder that sessions see it in.',
      },
      ...(isPublished(connector) ? {} : { readonly: { type: 'boolean', title: 'To be read only' } }),
    },
  }
}
