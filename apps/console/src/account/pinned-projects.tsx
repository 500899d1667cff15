import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ApiError, api, apiQuery, invalidate } from '../api/index.ts'
import { Loaded } from '../ui/index.ts'

/** Projects that the person has at hand. */
export function PinnedProjects() {
  const preferences = useQuery(apiQuery('/api/data/user/preferences'))
  // Who has set no preferences yet has none.
  const isUnset = preferences.error instanceof ApiError && preferences.error.status === 404
  return (
    <section aria-labelledby="pinned">
      <Title order={2} id="pinned" mb="xs">
        Pinned projects
      </Title>
      {isUnset ? (
        <Pins paths={[]} />
      ) : (
        <Loaded query={preferences} lines={2}>
          {({ pinned_projects: { project_slugs } }) => <Pins paths={project_slugs} />}
        </Loaded>
      )}
    </section>
  )
}

function Pins({ paths }: { readonly paths: readonly string[] }) {
  if (paths.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        None. Pin a project on its page, and it stands first on yours.
      </Text>
    )
  }
  return (
    <Stack gap={4}>
      {paths.map((path) => (
        <PinnedProject key={path} path={path} />
      ))}
    </Stack>
  )
}

function PinnedProject({ path }: { readonly path: string }) {
  const [namespace = '', project = ''] = path.split('/')
  const unpinning = useMutation({
    mutationFn: async () =>
      await api.delete('/api/data/user/preferences/pinned_projects', { params: { query: { project_slug: path } } }),
    onSettled: async () => await invalidate('/api/data/user/preferences', '/api/overview'),
  })
  return (
    <Group gap="xs">
      <Anchor
        size="sm"
        renderRoot={(props) => <Link {...props} to="/projects/$namespace/$project" params={{ namespace, project }} />}
      >
        {path}
      </Anchor>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`Unpin ${path}`}
        loading={unpinning.isPending}
        onClick={() => unpinning.mutate()}
      >
        Unpin
      </Button>
    </Group>
  )
}
