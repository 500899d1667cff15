import { Anchor, Badge, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { DataTable, durationText, Loaded, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { type ClassForm, classBody, classSchema, classText } from './class-schema.ts'
import { PoolMarks } from './compute-page.tsx'
import { PoolMembers } from './pool-members.tsx'
import { PoolRemote } from './pool-remote.tsx'
import { type PoolForm, poolSchema, quotaSchema } from './pool-schema.ts'

type Pool = Schema<'ResourcePool'>

export function ResourcePoolPage() {
  const { pool } = useParams({ from: '/shell/admin/compute/$pool' })
  const found = useQuery(
    apiQuery('/api/data/resource_pools/{pool_id}', { params: { path: { pool_id: Number(pool) } } }),
  )
  return (
    <Stack gap="lg">
      <Loaded query={found}>
        {(one) => (
          <>
            <Head pool={one} />
            <Classes pool={one} />
            <PoolRemote pool={one} />
            <PoolMembers pool={one} />
          </>
        )}
      </Loaded>
    </Stack>
  )
}

async function reread(): Promise<void> {
  await invalidate('/api/data/resource_pools', '/api/data/resource_pools/{pool_id}')
}

function Head({ pool }: { readonly pool: Pool }) {
  const navigate = useNavigate()
  const { id, name, quota, idle_threshold: idle = 0, hibernation_threshold: hibernation = 0 } = pool
  const params = { path: { pool_id: id } }
  return (
    <section aria-label="The pool">
      <Anchor size="sm" component={Link} to="/admin/compute">
        All resource pools
      </Anchor>
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={2}>{name}</Title>
          <PoolMarks pool={pool} />
        </Group>
        <Group gap="xs">
          <FormButton<Omit<PoolForm, 'classes'>>
            variant="default"
            title="Edit the pool"
            schema={poolSchema}
            value={settingsOf(pool)}
            submitLabel="Save"
            save={async ({ public: isPublic = false, default: isDefault = false, ...rest }) => {
              await api.patch('/api/data/resource_pools/{pool_id}', {
                params,
                body: { ...rest, public: isPublic, default: isDefault },
              })
              await reread()
            }}
          >
            Edit
          </FormButton>
          <FormButton<{ cpu: number; memory: number; gpu: number }>
            variant="default"
            title="Edit the quota"
            about="What all sessions of the pool may take together."
            schema={quotaSchema}
            {...(quota === undefined ? {} : { value: { cpu: quota.cpu, memory: quota.memory, gpu: quota.gpu } })}
            submitLabel="Save"
            save={async (next) => {
              if (quota === undefined) {
                await api.patch('/api/data/resource_pools/{pool_id}', { params, body: { quota: next } })
              } else await api.patch('/api/data/resource_pools/{pool_id}/quota', { params, body: next })
              await reread()
            }}
          >
            Quota
          </FormButton>
          <RemoveButton
            title={`Remove the pool ${name}`}
            text="Its classes go with it; launchers that name them have no size until another is chosen."
            onRemove={async () => {
              await api.delete('/api/data/resource_pools/{pool_id}', { params })
              await navigate({ to: '/admin/compute' })
              await invalidate('/api/data/resource_pools')
            }}
          />
        </Group>
      </Group>
      <Text size="sm" c="dimmed">
        {[
          `Quota: ${quota === undefined ? 'none' : classText(quota)}`,
          pool.platform,
          idle === 0 ? 'idle sessions stay' : `idle sessions hibernate after ${durationText(idle * 1000)}`,
          hibernation === 0
            ? 'hibernated ones are kept'
            : `hibernated ones end after ${durationText(hibernation * 1000)}`,
        ].join(' · ')}
      </Text>
    </section>
  )
}

function settingsOf(pool: Pool): Omit<PoolForm, 'classes'> {
  const { id: _id, classes: _classes, quota: _quota, remote: _remote, ...settings } = pool
  return settings
}

function Classes({ pool: { id, classes } }: { readonly pool: Pool }) {
  return (
    <section aria-label="Classes">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Classes
        </Title>
        <FormButton<ClassForm>
          size="xs"
          title="New class"
          schema={classSchema}
          submitLabel="Add the class"
          save={async (form) => {
            await api.post('/api/data/resource_pools/{pool_id}/classes', {
              params: { path: { pool_id: id } },
              body: classBody(form),
            })
            await reread()
          }}
        >
          New class
        </FormButton>
      </Group>
      <DataTable
        label="Classes"
        rows={classes}
        rowKey={(one) => one.id}
        columns={[
          {
            title: 'Class',
            cell: ({ name, default: isDefault }) => (
              <Group gap="xs">
                <Text size="sm">{name}</Text>
                {isDefault && <Badge variant="light">proposed</Badge>}
              </Group>
            ),
          },
          { title: 'Size', cell: (one) => classText(one) },
          {
            title: 'Disk',
            isSecondary: true,
            cell: ({ default_storage, max_storage }) => `${default_storage} GB, at most ${max_storage} GB`,
          },
          {
            title: 'Nodes',
            isSecondary: true,
            cell: ({ tolerations, node_affinities }) =>
              [...tolerations.map((one) => `tolerates ${one}`), ...node_affinities.map(({ key }) => `at ${key}`)].join(
                ', ',
              ) || 'any',
          },
          { title: 'Actions', align: 'right', cell: (one) => <ClassActions poolId={id} one={one} /> },
        ]}
      />
    </section>
  )
}

function ClassActions({ poolId, one }: { readonly poolId: number; readonly one: Schema<'ResourceClass'> }) {
  const { id, ...form } = one
  const params = { path: { pool_id: poolId, class_id: id } }
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <FormButton<ClassForm>
        size="compact-sm"
        variant="default"
        title={`Edit the class ${one.name}`}
        schema={classSchema}
        value={form}
        submitLabel="Save"
        save={async (next) => {
          await api.patch('/api/data/resource_pools/{pool_id}/classes/{class_id}', { params, body: classBody(next) })
          await reread()
        }}
      >
        Edit
      </FormButton>
      <RemoveButton
        title={`Remove the class ${one.name}`}
        text="Launchers that name it have no size until another is chosen."
        onRemove={async () => {
          await api.delete('/api/data/resource_pools/{pool_id}/classes/{class_id}', { params })
          await reread()
        }}
      />
    </Group>
  )
}
