import { Badge, Code, Group, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { api, apiPage, invalidate, type Schema, useUser } from '../api/index.ts'
import { DataTable, EmptyState, endOfDay, Loaded, Moment, Pager, RemoveButton, ShownOnce } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'

type Scope = Schema<'PersonalToken'>['scopes'][number]
type TokenForm = { name: string; access?: Scope; expires_on?: string }

/** What a token may do includes what lies below it. */
const included: Readonly<Record<Scope, Scope[]>> = {
  read: ['read'],
  write: ['read', 'write'],
  admin: ['read', 'write', 'admin'],
}

function tokenSchema(isAdmin: boolean) {
  return {
    type: 'object',
    required: ['name', 'access'],
    properties: {
      name: { type: 'string', title: 'Name', minLength: 1, description: 'Where you will use it.' },
      access: {
        type: 'string',
        title: 'It may',
        enum: ['read', 'write', ...(isAdmin ? ['admin'] : [])],
        'x-enum-names': [
          'read what you may read',
          'read and change what you may',
          ...(isAdmin ? ['do everything, as administrator'] : []),
        ],
      },
      expires_on: {
        type: 'string',
        format: 'date',
        title: 'Good until',
        description: 'Empty: as long as the platform allows.',
      },
    },
  }
}

/** Tokens by which programs act for the person. */
export function PersonalTokens() {
  const { page = 1 } = useSearch({ from: '/shell/account' })
  const { is_admin } = useUser()
  const [made, setMade] = useState<Schema<'NewPersonalToken'>>()
  const tokens = useQuery(apiPage('/api/tokens', { params: { query: { page, per_page: 20 } } }))
  const newToken = (
    <FormButton<TokenForm>
      size="xs"
      title="New token"
      schema={tokenSchema(is_admin)}
      submitLabel="Make the token"
      save={async ({ name, access = 'read', expires_on }) => {
        const body = {
          name,
          scopes: included[access],
          ...(expires_on === undefined ? {} : { expires_at: endOfDay(expires_on) }),
        }
        setMade(await api.post('/api/tokens', { body }))
        await invalidate('/api/tokens')
      }}
    >
      New token
    </FormButton>
  )
  return (
    <section aria-labelledby="tokens">
      <Group justify="space-between" mb={4}>
        <Title order={2} id="tokens">
          Access tokens
        </Title>
        {newToken}
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        Programs act for you by a token, in the header <Code>Authorization: Bearer TOKEN</Code>. On the command line,{' '}
        <Code>millrace login</Code> makes one by itself.
      </Text>
      {made !== undefined && (
        <ShownOnce title={`The token ${made.name}`} value={made.token} onClose={() => setMade(undefined)} />
      )}
      <Loaded query={tokens}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No tokens yet">Make one for each program, so that each can be revoked alone.</EmptyState>
          ) : (
            <>
              <DataTable
                label="Access tokens"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  { title: 'Name', cell: ({ name }) => <Text size="sm">{name}</Text> },
                  {
                    title: 'May',
                    isSecondary: true,
                    cell: ({ scopes }) => (
                      <Group gap={4}>
                        {scopes.map((scope) => (
                          <Badge key={scope} variant="default">
                            {scope}
                          </Badge>
                        ))}
                      </Group>
                    ),
                  },
                  {
                    title: 'Last used',
                    align: 'right',
                    isSecondary: true,
                    cell: ({ last_used_at }) => (last_used_at === undefined ? 'never' : <Moment at={last_used_at} />),
                  },
                  { title: 'Good until', align: 'right', cell: ({ expires_at }) => <Moment at={expires_at} /> },
                  {
                    title: 'Actions',
                    align: 'right',
                    cell: ({ id, name }) => (
                      <RemoveButton
                        title={`Revoke the token ${name}`}
                        text="Programs that use it are refused from now on. This cannot be taken back."
                        action="Revoke"
                        onRemove={async () => {
                          await api.delete('/api/tokens/{id}', { params: { path: { id } } })
                          await invalidate('/api/tokens')
                        }}
                      />
                    ),
                  },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="tokens" />
            </>
          )
        }
      </Loaded>
    </section>
  )
}
