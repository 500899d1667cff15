import { Anchor, Badge, Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { apiPage } from '../../api/index.ts'
import { useProject } from '../../projects/index.ts'
import { DataTable, EmptyState, Loaded, Moment, Pager } from '../../ui/index.ts'
import { useProjectWrite } from '../use-project-write.ts'

/** The templates of a project: what transformations are made from. */
export function TemplatesPage() {
  const { id: project_id, namespace, slug } = useProject()
  const { page = 1 } = useSearch({ strict: false }) as { page?: number }
  const mayWrite = useProjectWrite(project_id) === true
  const templates = useQuery(
    apiPage('/api/pipeline-templates', { params: { query: { project_id, page, per_page: 50 } } }),
  )
  const params = { namespace, project: slug }
  const button = mayWrite ? (
    <Button
      renderRoot={(props) => (
        <Link {...props} to="/projects/$namespace/$project/pipelines/templates/new" params={params as never} />
      )}
    >
      New template
    </Button>
  ) : null
  return (
    <Loaded query={templates}>
      {({ items, total, totalPages }) =>
        items.length === 0 ? (
          <EmptyState title="No templates yet" action={button}>
            A template is an operator with its configuration, in which variables are left open. Transformations of
            pipelines fill them in.
          </EmptyState>
        ) : (
          <>
            <Group justify="space-between">
              <Text size="sm" c="dimmed">
                A template says what a transformation runs, and which variables it wants to be told.
              </Text>
              {button}
            </Group>
            <DataTable
              label="Templates"
              rows={items}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Name',
                  cell: ({ id, name, description }) => (
                    <>
                      <Anchor
                        component={Link}
                        to="/projects/$namespace/$project/pipelines/templates/$template"
                        params={{ ...params, template: id } as never}
                        size="sm"
                        fw={600}
                      >
                        {name}
                      </Anchor>
                      {description !== null && (
                        <Text size="xs" c="dimmed" lineClamp={1}>
                          {description}
                        </Text>
                      )}
                    </>
                  ),
                },
                { title: 'Operator', cell: ({ operator }) => <Badge variant="default">{operator}</Badge> },
                { title: 'State', isSecondary: true, cell: ({ state }) => <Text size="sm">{state ?? 'any'}</Text> },
                {
                  title: 'Variables',
                  isSecondary: true,
                  cell: ({ variable_structures }) => (
                    <Text size="sm">{Object.keys(variable_structures).join(', ') || '–'}</Text>
                  ),
                },
                {
                  title: 'Changed',
                  isSecondary: true,
                  align: 'right',
                  cell: ({ updated_at }) => <Moment at={updated_at} />,
                },
              ]}
            />
            <Pager page={page} totalPages={totalPages} total={total} of="templates" />
          </>
        )
      }
    </Loaded>
  )
}
