import { Grid, Stack } from '@mantine/core'
import { DataConnectors } from './overview/data-connectors.tsx'
import { Documentation } from './overview/documentation.tsx'
import { LastRuns } from './overview/last-runs.tsx'
import { ProjectFacts } from './overview/project-facts.tsx'
import { ProjectPeople } from './overview/project-people.tsx'
import { Repositories } from './overview/repositories.tsx'
import { useProject } from './use-project.ts'

/** What a project is about, what happens in it, and who belongs to it. */
export function ProjectPage() {
  const { id } = useProject()
  return (
    <Grid gap="lg" key={id}>
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <Stack gap="lg">
          <Documentation />
          <LastRuns />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Stack gap="lg">
          <ProjectFacts />
          <ProjectPeople />
          <Repositories />
          <DataConnectors />
        </Stack>
      </Grid.Col>
    </Grid>
  )
}
