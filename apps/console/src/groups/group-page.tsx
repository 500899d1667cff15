import { Grid, Stack } from '@mantine/core'
import { NamespaceProjects, NewProjectButton } from '../projects/index.ts'
import { Facts, Moment, Panel, UserName } from '../ui/index.ts'
import { SharedThings } from './shared-things.tsx'
import { useGroup, useGroupPermissions } from './use-group.ts'

/** The projects of a group, and what they share. */
export function GroupPage() {
  const { slug, creation_date, created_by } = useGroup()
  const may = useGroupPermissions()
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <NamespaceProjects
          namespace={slug}
          empty={
            may.write ? 'Create the first one: everybody in the group will see it.' : 'You see none of this group.'
          }
          action={may.write ? <NewProjectButton namespace={slug} /> : null}
        />
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Stack gap="lg">
          <Panel title="About">
            <Facts
              label="About the group"
              facts={[
                ['Address', slug],
                ['Created', <Moment key="created" at={creation_date} />],
                ['by', <UserName key="by" id={created_by} />],
              ]}
            />
          </Panel>
          <SharedThings />
        </Stack>
      </Grid.Col>
    </Grid>
  )
}
