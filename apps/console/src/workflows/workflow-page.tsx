import { Badge, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { RunGrid } from '../runs/index.ts'
import { Moment } from '../ui/index.ts'
import { Markdown } from '../ui/markdown/index.ts'
import { ProjectLink } from './project-link.tsx'
import { RecentRuns } from './recent-runs.tsx'
import { ScheduleWords } from './schedule-words.tsx'
import { shownTags } from './shown-tags.ts'
import { useWorkflow } from './use-workflow.ts'

/** What a workflow is, and how its last runs went. */
export function WorkflowPage() {
  const { workflow } = useWorkflow()
  const { runs, before } = useSearch({ from: '/shell/workflows/$workflow/' })
  const navigate = useNavigate({ from: '/workflows/$workflow/' })
  const { name, description, project_id, owner, version, nodes, category, created_at } = workflow
  const tags = shownTags(workflow)
  return (
    <Stack gap="lg">
      {description !== undefined && <Markdown text={description} />}
      <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 4 }} verticalSpacing="sm" m={0}>
        <Fact title="Project">
          <ProjectLink id={project_id} />
        </Fact>
        <Fact title="Schedule">
          <ScheduleWords workflow={workflow} />
        </Fact>
        <Fact title="Last runs">
          <RecentRuns workflow={workflow} />
        </Fact>
        <Fact title="Current version">
          <Text size="sm">
            {version}, {nodes === 1 ? '1 node' : `${nodes} nodes`}
          </Text>
        </Fact>
        <Fact title="Owner">
          <Text size="sm">{owner ?? 'nobody is named'}</Text>
        </Fact>
        <Fact title="Category">
          <Text size="sm">{category}</Text>
        </Fact>
        <Fact title="Tags">
          <Group gap={6}>
            {tags.length === 0 && <Text size="sm">none</Text>}
            {tags.map((tag) => (
              <Badge key={tag} variant="default" tt="none" size="sm">
                {tag}
              </Badge>
            ))}
          </Group>
        </Fact>
        <Fact title="First deployed">
          <Text size="sm" component="div">
            <Moment at={created_at} />
          </Text>
        </Fact>
      </SimpleGrid>
      <Stack gap="xs">
        <Title order={2}>Runs</Title>
        <RunGrid
          workflow={name}
          runs={runs}
          before={before}
          onChange={(shown) => void navigate({ search: shown, replace: true })}
        />
      </Stack>
    </Stack>
  )
}

function Fact({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div>
      <Text component="dt" size="xs" c="dimmed">
        {title}
      </Text>
      <dd style={{ margin: 0 }}>{children}</dd>
    </div>
  )
}
