import { Anchor, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../../api/index.ts'
import { PersonName } from '../../members/index.ts'
import { Facts, Loaded, Panel } from '../../ui/index.ts'
import { useProject } from '../use-project.ts'

const most = 6

export function ProjectPeople() {
  const { id, namespace, slug } = useProject()
  const members = useQuery(
    apiQuery('/api/data/projects/{project_id}/members', { params: { path: { project_id: id } } }),
  )
  const params = { namespace, project: slug }
  return (
    <Panel
      title="Members"
      actions={
        <Anchor
          size="sm"
          renderRoot={(props) => <Link {...props} to="/projects/$namespace/$project/members" params={params} />}
        >
          All members
        </Anchor>
      }
    >
      <Loaded query={members} lines={2}>
        {(found) => (
          <Stack gap={4}>
            <Facts
              label="Members"
              facts={found
                .slice(0, most)
                .map((member) => [member.role, <PersonName key={member.id} member={member} />])}
            />
            {found.length > most && (
              <Text size="sm" c="dimmed">
                and {found.length - most} more
              </Text>
            )}
          </Stack>
        )}
      </Loaded>
    </Panel>
  )
}
