import { Group, Text } from '@mantine/core'
import { api, invalidate, type Schema } from '../api/index.ts'
import { Facts, Panel, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import {
  type RemoteForm,
  type RemoteKind,
  type RemotePatch,
  remoteFacts,
  remoteKinds,
  remoteOf,
  remoteSchema,
} from './remote-schema.ts'

type Pool = Schema<'ResourcePool'>

/** A pool whose sessions run on another system: which one, and by whose tokens. */
export function PoolRemote({ pool: { id, remote, default: isDefault } }: { readonly pool: Pool }) {
  const save = async (body: RemotePatch) => {
    await api.patch('/api/data/resource_pools/{pool_id}', { params: { path: { pool_id: id } }, body: { remote: body } })
    await invalidate('/api/data/resource_pools', '/api/data/resource_pools/{pool_id}')
  }
  const form = (kind: RemoteKind, value: RemoteForm | undefined) => (
    <FormButton<RemoteForm>
      key={kind}
      size="xs"
      variant="default"
      title={value === undefined ? `Run sessions by ${remoteKinds[kind]}` : 'Edit the system elsewhere'}
      schema={remoteSchema(kind)}
      {...(value === undefined ? {} : { value })}
      submitLabel="Save"
      save={async (given) => await save(remoteOf(kind, given))}
    >
      {value === undefined ? `Run sessions by ${remoteKinds[kind]}` : 'Edit'}
    </FormButton>
  )
  // The pool that people have by default runs here.
  if (remote === undefined && isDefault) return null
  return (
    <Panel
      title="System elsewhere"
      actions={
        <Group gap="xs">
          {remote === undefined ? (
            (Object.keys(remoteKinds) as RemoteKind[]).map((kind) => form(kind, undefined))
          ) : (
            <>
              {form(remote.kind, remote)}
              <RemoveButton
                title="Run sessions of the pool here again"
                text="What the pool knows of the system elsewhere is forgotten. Sessions that run there are not ended."
                action="Run here"
                onRemove={async () => await save({})}
              />
            </>
          )}
        </Group>
      }
    >
      {remote === undefined ? (
        <Text size="sm" c="dimmed">
          Sessions of the pool run in the cluster of this platform. A pool that runs them elsewhere is not for
          everybody.
        </Text>
      ) : (
        <Facts label="System elsewhere" facts={remoteFacts(remote)} />
      )}
    </Panel>
  )
}
