import type { Schema } from '../api/index.ts'

type Remote = NonNullable<Schema<'ResourcePool'>['remote']>
export type RemoteKind = Remote['kind']

/** What a system elsewhere is told by; which fields there are follows from its kind. */
export interface RemoteForm {
  readonly api_url?: string
  readonly system_name?: string
  readonly partition?: string
  readonly base_url?: string
  readonly provider_id?: string
}

export type RemotePatch = RemoteForm & { readonly kind?: RemoteKind }

export const remoteKinds: Readonly<Record<RemoteKind, string>> = { firecrest: 'FirecREST', runai: 'Run:ai' }

const titles: Readonly<Record<keyof RemoteForm, string>> = {
  api_url: 'Address of the API',
  system_name: 'Name of the system',
  partition: 'Partition',
  base_url: 'Address',
  provider_id: 'Connected service',
}

const fieldsOf: Readonly<Record<RemoteKind, readonly (keyof RemoteForm)[]>> = {
  firecrest: ['api_url', 'system_name', 'partition', 'provider_id'],
  runai: ['base_url', 'provider_id'],
}

const optional: readonly (keyof RemoteForm)[] = ['partition', 'provider_id']

export function remoteSchema(kind: RemoteKind): object {
  const fields = fieldsOf[kind]
  return {
    type: 'object',
    required: fields.filter((name) => !optional.includes(name)),
    properties: Object.fromEntries(
      fields.map((name) => [
        name,
        {
          ...{ type: 'string', title: titles[name], minLength: 1 },
          ...(name === 'provider_id'
            ? { description: 'Id of the service whose tokens the system takes; people connect it first.' }
            : {}),
          ...(name.endsWith('_url') ? { description: 'Begins with https:// or http://.' } : {}),
        },
      ]),
    ),
  }
}

/** Body of the change: fields of this kind only. */
export function remoteOf(kind: RemoteKind, form: RemoteForm): RemotePatch {
  const given = fieldsOf[kind].flatMap((name) => (form[name] === undefined ? [] : [[name, form[name]] as const]))
  return { kind, ...Object.fromEntries(given) }
}

export function remoteFacts(remote: Remote): readonly (readonly [name: string, value: string])[] {
  const values = remote as RemoteForm
  return [
    ['Kind', remoteKinds[remote.kind]],
    ...fieldsOf[remote.kind].flatMap((name) =>
      values[name] === undefined ? [] : [[titles[name], values[name]] as const],
    ),
  ]
}
