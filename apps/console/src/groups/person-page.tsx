import { Anchor, Grid, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Navigate, useParams } from '@tanstack/react-router'
import { ApiError, apiQuery, type Schema } from '../api/index.ts'
import { NamespaceProjects } from '../projects/index.ts'
import { Facts, Loaded, NotFound, Page, Panel } from '../ui/index.ts'

/** What a person shows of himself or herself; by the address of a group, the page of the group. */
export function PersonPage() {
  const { namespace: slug } = useParams({ from: '/shell/people/$namespace' })
  const namespace = useQuery(apiQuery('/api/data/namespaces/{slug}', { params: { path: { slug } } }))
  if (namespace.error instanceof ApiError && namespace.error.status === 404) return <NotFound />
  return (
    <Loaded query={namespace}>
      {(found) =>
        found.namespace_kind === 'group' ? (
          <Navigate to="/groups/$group" params={{ group: found.slug }} replace />
        ) : (
          <Person namespace={found} />
        )
      }
    </Loaded>
  )
}

function Person({ namespace: { slug, name, created_by: id } }: { readonly namespace: Schema<'Namespace'> }) {
  const user = useQuery(apiQuery('/api/data/users/{user_id}', { params: { path: { user_id: id } } }))
  const groups = useQuery(
    apiQuery('/api/data/search/query', {
      params: { query: { q: `type:Group direct_member:@${slug}`, per_page: 50 } },
    }),
  )
  const { first_name = '', last_name = '', email } = user.data ?? {}
  const fullName = `${first_name} ${last_name}`.trim()
  const found = (groups.data?.items ?? []).filter((item) => item.type === 'Group')
  return (
    <Page title={fullName || name || slug}>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <NamespaceProjects namespace={slug} empty="You see no project in this namespace." />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Panel title="About">
            <Facts
              label="About the person"
              facts={[
                ['Namespace', slug],
                ...(email === undefined ? [] : [['E-mail', email] as const]),
                [
                  'Groups',
                  found.length === 0 ? (
                    <Text key="none" span inherit c="dimmed">
                      none that you see
                    </Text>
                  ) : (
                    found.map((group) => (
                      <div key={group.id}>
                        <Anchor
                          inherit
                          renderRoot={(props) => <Link {...props} to="/groups/$group" params={{ group: group.slug }} />}
                        >
                          {group.name}
                        </Anchor>
                      </div>
                    ))
                  ),
                ],
              ]}
            />
          </Panel>
        </Grid.Col>
      </Grid>
    </Page>
  )
}
