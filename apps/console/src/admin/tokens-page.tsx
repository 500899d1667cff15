import { Anchor, Badge, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api, apiPage, invalidate, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, endOfDay, Loaded, Moment, Pager, RemoveButton, ShownOnce } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'

const schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', title: 'Name', minLength: 1, description: 'Where it will be used, such as a cluster.' },
    queues: {
      type: 'array',
      title: 'Queues',
      description: 'Workers with this token may serve these only. None: any queue.',
      items: { type: 'string', title: 'Queue', minLength: 1 },
    },
    expires_on: { type: 'string', format: 'date', title: 'Good until', description: 'Empty: until it is revoked.' },
  },
}

export function TokensPage() {
  const { page = 1 } = useSearch({ from: '/shell/admin/tokens' })
  const [made, setMade] = useState<Schema<'NewWorkerToken'>>()
  const tokens = useQuery(apiPage('/api/worker-tokens', { params: { query: { page, per_page: 50 } } }))
  const create = async ({ name, queues, expires_on }: { name: string; queues?: string[]; expires_on?: string }) => {
    const token = await api.post('/api/worker-tokens', {
      body: {
        name,
        ...(queues === undefined || queues.length === 0 ? {} : { queues }),
        ...(expires_on === undefined ? {} : { expires_at: endOfDay(expires_on) }),
      },
    })
    setMade(token)
    await invalidate('/api/worker-tokens')
  }
  const newToken = (
    <FormButton title="New worker token" schema={schema} submitLabel="Make the token" save={create}>
      New worker token
    </FormButton>
  )
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Text size="sm" c="dimmed" maw={720}>
          Workers show such a token to the server. Tokens that act for a person are made by that person, on{' '}
          <Anchor component={Link} to="/account" size="sm" underline="always">
            the page of the account
          </Anchor>
          .
        </Text>
        {newToken}
      </Group>
      {made !== undefined && (
        <ShownOnce title={`The token ${made.name}`} value={made.token} onClose={() => setMade(undefined)} />
      )}
      <Loaded query={tokens}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No worker tokens yet" action={newToken}>
              A worker on another machine needs one: start it with the token in its environment.
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Worker tokens"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  { title: 'Name', cell: ({ name }) => <Text size="sm">{name}</Text> },
                  { title: 'State', cell: (token) => <TokenState token={token} /> },
                  {
                    title: 'Queues',
                    isSecondary: true,
                    cell: ({ queues }) => (queues === undefined ? 'any' : queues.join(', ')),
                  },
                  {
                    title: 'Created',
                    isSecondary: true,
                    align: 'right',
                    cell: (one) => <Moment at={one.created_at} />,
                  },
                  { title: 'Good until', align: 'right', cell: (token) => <Moment at={token.expires_at} /> },
                  {
                    title: 'Actions',
                    align: 'right',
                    cell: (token) => token.revoked_at === undefined && <Revoke token={token} />,
                  },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="tokens" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

function TokenState({ token: { revoked_at, expires_at } }: { readonly token: Schema<'WorkerToken'> }) {
  if (revoked_at !== undefined)
    return (
      <Badge color="gray" variant="light" miw="max-content">
        revoked
      </Badge>
    )
  if (expires_at !== undefined && new Date(expires_at).getTime() < Date.now()) {
    return (
      <Badge color="orange" variant="light" miw="max-content">
        expired
      </Badge>
    )
  }
  return (
    <Badge color="green" variant="light" miw="max-content">
      good
    </Badge>
  )
}

function Revoke({ token: { id, name } }: { readonly token: Schema<'WorkerToken'> }) {
  return (
    <RemoveButton
      title={`Revoke the token ${name}`}
      text="Workers that use it are refused from now on; what they run is taken up by others. This cannot be taken back."
      action="Revoke"
      onRemove={async () => {
        await api.delete('/api/worker-tokens/{token}', { params: { path: { token: id } } })
        await invalidate('/api/worker-tokens')
      }}
    />
  )
}
