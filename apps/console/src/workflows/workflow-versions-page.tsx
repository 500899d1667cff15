import { Badge, Button, Group, Radio, Stack, Text, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { apiPage } from '../api/index.ts'
import { DataTable, Loaded, Moment, Pager } from '../ui/index.ts'
import { DeployerName } from './deployer-name.tsx'
import { useWorkflow } from './use-workflow.ts'
import { VersionDifference } from './version-difference.tsx'

const perPage = 20

/** What was deployed when, and what differs between any two. */
export function WorkflowVersionsPage() {
  const { workflow } = useWorkflow()
  const search = useSearch({ from: '/shell/workflows/$workflow/versions' })
  const navigate = useNavigate({ from: '/workflows/$workflow/versions' })
  const { page = 1 } = search
  const versions = useQuery({
    ...apiPage('/api/workflows/{workflow}/versions', {
      params: { path: { workflow: workflow.name }, query: { page, per_page: perPage } },
    }),
    placeholderData: keepPreviousData,
  })
  const choose = (part: 'from' | 'to', version: string) =>
    void navigate({ search: { ...search, [part]: version }, replace: true, resetScroll: false })
  return (
    <Loaded query={versions}>
      {({ items, total, totalPages }) => {
        const to = search.to ?? items.find(({ is_current }) => is_current)?.version ?? items[0]?.version
        const at = items.findIndex(({ version }) => version === to)
        const from = search.from ?? items[at + 1]?.version
        const radio = (part: 'from' | 'to', version: string) => (
          <Radio
            name={part}
            aria-label={part === 'from' ? `Compare from ${version}` : `Compare to ${version}`}
            checked={(part === 'from' ? from : to) === version}
            onChange={() => choose(part, version)}
          />
        )
        return (
          <Stack gap="md">
            <DataTable
              label="Versions"
              rows={items}
              rowKey={({ version }) => version}
              columns={[
                ...(total > 1
                  ? [
                      { title: 'From', cell: ({ version }: { version: string }) => radio('from', version) },
                      { title: 'To', cell: ({ version }: { version: string }) => radio('to', version) },
                    ]
                  : []),
                {
                  title: 'Version',
                  cell: ({ version, is_current }) => (
                    <Group gap="xs">
                      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                        {version}
                      </Text>
                      {is_current && (
                        <Badge variant="light" tt="none" miw="max-content">
                          current
                        </Badge>
                      )}
                    </Group>
                  ),
                },
                {
                  title: 'Deployed',
                  cell: ({ created_at, deployed_by }) => (
                    <>
                      <Moment at={created_at} />
                      <Text size="xs" c="dimmed" component="div">
                        by <DeployerName id={deployed_by} />
                      </Text>
                    </>
                  ),
                },
                {
                  title: 'Package',
                  isSecondary: true,
                  cell: ({ package_sha256 }) => (
                    <Text size="sm" ff="monospace" title={package_sha256}>
                      {package_sha256?.slice(0, 12) ?? '–'}
                    </Text>
                  ),
                },
                {
                  title: 'Look at',
                  cell: ({ version }) => (
                    <Button
                      size="compact-sm"
                      variant="default"
                      component={Link}
                      to="/workflows/$workflow/graph"
                      params={{ workflow: workflow.name } as never}
                      search={{ version } as never}
                      aria-label={`Graph of ${version}`}
                    >
                      Graph
                    </Button>
                  ),
                },
              ]}
            />
            <Pager page={page} total={total} totalPages={totalPages} of="versions" />
            <Title order={2}>Difference</Title>
            {from === undefined || to === undefined ? (
              <Text size="sm" c="dimmed">
                There is one version. Deploy the workflow with another version to see here what changed.
              </Text>
            ) : (
              <VersionDifference workflow={workflow.name} from={from} to={to} />
            )}
          </Stack>
        )
      }}
    </Loaded>
  )
}
