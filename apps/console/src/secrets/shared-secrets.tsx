import { Anchor, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiAll } from '../api/index.ts'
import { DataTable, Loaded } from '../ui/index.ts'

/** Where secrets of tasks stand: with the namespaces and projects whose tasks they are for. */
export function SharedSecrets() {
  const namespaces = useQuery(apiAll('/api/data/namespaces'))
  return (
    <section aria-labelledby="of-tasks">
      <Title order={2} id="of-tasks" mb={4}>
        Of tasks
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        Secrets that workflows use stand with their project, on its tab for secrets, or with a namespace, for all of its
        projects.
      </Text>
      <Loaded query={namespaces} lines={2}>
        {(found) => (
          <DataTable
            label="Namespaces with secrets of tasks"
            rows={found.filter(({ namespace_kind }) => namespace_kind !== 'project')}
            rowKey={({ slug }) => slug}
            columns={[
              {
                title: 'Namespace',
                cell: ({ slug, name }) => (
                  <Anchor
                    size="sm"
                    renderRoot={(props) => <Link {...props} to="/secrets/of/$namespace" params={{ namespace: slug }} />}
                  >
                    {name || slug}
                  </Anchor>
                ),
              },
              {
                title: 'For tasks of',
                cell: ({ namespace_kind, slug }) =>
                  namespace_kind === 'group' ? `projects of the group ${slug}` : 'your own projects',
              },
            ]}
          />
        )}
      </Loaded>
    </section>
  )
}
