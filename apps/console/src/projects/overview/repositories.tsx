import { Anchor, Badge, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery, type Schema } from '../../api/index.ts'
import { Panel } from '../../ui/index.ts'
import { useProject } from '../use-project.ts'

export function Repositories() {
  const { repositories } = useProject()
  if (repositories.length === 0) return null
  return (
    <Panel title="Repositories">
      <Stack gap="sm" component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {repositories.map((url) => (
          <li key={url}>
            <Repository url={url} />
          </li>
        ))}
      </Stack>
    </Panel>
  )
}

function Repository({ url }: { readonly url: string }) {
  // The server asks the host of the repository: not more often than somebody wants to know.
  const { data, isPending } = useQuery({
    ...apiQuery('/api/data/repository', { params: { query: { url } } }),
    staleTime: 5 * 60_000,
    retry: false,
  })
  const isAddress = /^https?:\/\//i.test(url)
  return (
    <Stack gap={2}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {isAddress ? (
          <Anchor inherit href={data?.metadata?.web_url ?? url} rel="noopener noreferrer">
            {url.replace(/^https?:\/\//i, '')}
          </Anchor>
        ) : (
          url
        )}
      </Text>
      <Group gap={6}>
        <Badge variant="default">{isPending ? 'checking' : stateText(data)}</Badge>
        {data?.status !== 'valid' && data?.provider !== undefined && data.connection?.status !== 'connected' && (
          <Anchor size="xs" renderRoot={(props) => <Link {...props} to="/services" />}>
            Connect {data.provider.name} to see more
          </Anchor>
        )}
      </Group>
    </Stack>
  )
}

function stateText(repository: Schema<'Repository'> | undefined): string {
  if (repository === undefined) return 'could not be checked'
  const { status, metadata, error_code: code } = repository
  if (status === 'valid') {
    if (metadata === undefined) return 'reachable'
    return metadata.push_permission ? 'you may push' : metadata.pull_permission ? 'you may pull' : 'reachable'
  }
  if (code === 'host_unreachable') return 'its server cannot be reached'
  if (code === 'no_git_repo' || code === 'invalid_git_url') return 'no git repository is found there'
  if (code?.startsWith('metadata_')) return 'you may not see it there'
  return status === 'invalid' ? 'not a valid address' : 'not known'
}
