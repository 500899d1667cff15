import { Grid, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiPage, apiQuery, type Schema } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { Loaded, Page } from '../ui/index.ts'
import { FirstUse } from './first-use/first-use.tsx'
import { Counts } from './overview/counts.tsx'
import { Failed } from './overview/failed.tsx'
import { Late } from './overview/late.tsx'
import { NeedsMe } from './overview/needs-me.tsx'
import { Projects } from './overview/projects.tsx'
import { Running } from './overview/running.tsx'
import { Upcoming } from './overview/upcoming.tsx'

/** What runs, what failed, what is late, what waits for the person. */
export function HomePage() {
  useLive({ runs: true })
  const overview = useQuery(apiQuery('/api/overview'))
  const workflows = useQuery(apiPage('/api/workflows', { params: { query: { per_page: 1 } } }))
  return (
    <Page title="Home">
      <Loaded query={overview} lines={8}>
        {(found) => {
          if (workflows.data?.total === 0 && isEmpty(found)) return <FirstUse />
          return (
            <Stack gap="lg">
              <Counts counts={found.counts} />
              <Grid gap="xl">
                <Grid.Col span={{ base: 12, lg: 8 }}>
                  <Stack gap="xl">
                    <NeedsMe needs={found.needs_me} />
                    <Failed failed={found.failed} />
                    <Late late={found.late} />
                    <Running running={found.running} total={found.counts.running} />
                  </Stack>
                </Grid.Col>
                <Grid.Col span={{ base: 12, lg: 4 }}>
                  <Stack gap="xl">
                    <Upcoming upcoming={found.upcoming} />
                    <Projects />
                  </Stack>
                </Grid.Col>
              </Grid>
            </Stack>
          )
        }}
      </Loaded>
    </Page>
  )
}

function isEmpty({ running, failed, late, upcoming, needs_me }: Schema<'Overview'>): boolean {
  return [running, failed, late, upcoming, needs_me].every((list) => list.length === 0)
}
