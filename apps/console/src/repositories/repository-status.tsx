import { Alert, Anchor, Badge, Group, Loader, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery, type Schema } from '../api/index.ts'
import { Failure } from '../ui/index.ts'
import { repositoryAdvice } from './repository-advice.ts'

interface RepositoryStatusProps {
  readonly url: string
  /** With what to do; else as a mark in a table. */
  readonly isFull?: boolean
}

/** Whether the person reaches a git repository, and what to do where not. */
export function RepositoryStatus({ url, isFull = false }: RepositoryStatusProps) {
  const found = useQuery({
    ...apiQuery('/api/data/repository', { params: { query: { url } } }),
    staleTime: 60_000,
    retry: false,
  })
  if (found.error !== null) {
    return isFull ? (
      <Failure error={found.error} onRetry={() => void found.refetch()} />
    ) : (
      <Badge color="red" variant="light" miw="max-content">
        not known
      </Badge>
    )
  }
  if (found.data === undefined) return <Loader size="xs" role="status" aria-label={`Looking at ${url}`} />
  return isFull ? <Details repository={found.data} /> : <Marks repository={found.data} />
}

function Marks({ repository: { status, metadata } }: { readonly repository: Schema<'Repository'> }) {
  const color = status === 'valid' ? 'green' : status === 'invalid' ? 'red' : 'gray'
  return (
    <Group gap={4}>
      <Badge color={color} variant="light" miw="max-content">
        {status === 'valid' ? 'reachable' : status === 'invalid' ? 'not reachable' : 'not known'}
      </Badge>
      {metadata !== undefined && <Badge variant="default">{metadata.visibility}</Badge>}
      {metadata?.push_permission && <Badge variant="default">you may push</Badge>}
    </Group>
  )
}

function Details({ repository }: { readonly repository: Schema<'Repository'> }) {
  const { status, metadata, provider } = repository
  const { text, connect } = repositoryAdvice(repository)
  return (
    <Alert role="status" color={status === 'valid' ? 'green' : 'orange'} title={<Marks repository={repository} />}>
      <Stack gap={4}>
        <Text size="sm">
          {text}
          {connect && (
            <>
              {' '}
              <Anchor component={Link} to="/services" size="sm" underline="always">
                Connect {provider?.name ?? 'a service'}
              </Anchor>
            </>
          )}
        </Text>
        {metadata !== undefined && (
          <>
            <Text size="sm">
              You may {metadata.pull_permission ? 'read' : 'not read'} it and {metadata.push_permission ? '' : 'not '}
              write to it.
            </Text>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              Cloned from {metadata.git_url}
              {metadata.web_url !== undefined && (
                <>
                  ,{' '}
                  <Anchor size="sm" underline="always" href={metadata.web_url} target="_blank" rel="noreferrer">
                    looked at there
                  </Anchor>
                </>
              )}
            </Text>
          </>
        )}
      </Stack>
    </Alert>
  )
}
