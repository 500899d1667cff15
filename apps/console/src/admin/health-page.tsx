import { Alert, Anchor, Button, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { apiQuery } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { Loaded, Moment } from '../ui/index.ts'
import { ChecksCard } from './checks-card.tsx'
import { HealthCard } from './health-card.tsx'
import { type Problem, problemsOf } from './problems.ts'
import { SchedulersCard } from './schedulers-card.tsx'
import { ServerCard } from './server-card.tsx'

const most = { params: { query: { per_page: 100 } } }
/** Nobody tells when something falls silent. */
const lookAgain = { refetchInterval: 15_000 }

/** Whether everything works, and what to do where it does not. */
export function HealthPage() {
  useLive({ runs: true })
  const details = useQuery({ ...apiQuery('/api/health/details'), ...lookAgain, retry: false })
  const workers = useQuery({ ...apiQuery('/api/workers', most), ...lookAgain })
  const queues = useQuery({ ...apiQuery('/api/queues'), ...lookAgain })
  const jobs = useQuery({ ...apiQuery('/api/jobs', most), ...lookAgain })
  const all = [details, workers, queues, jobs]
  const known = all.every(({ data }) => data !== undefined)
  const problems = known
    ? problemsOf({
        ...{ workers: workers.data ?? [], queues: queues.data ?? [], jobs: jobs.data ?? [] },
        ...(details.data === undefined ? {} : { details: details.data }),
      })
    : []
  return (
    <Stack>
      {known && <Verdict problems={problems} />}
      <Group justify="flex-end" gap="xs">
        {details.dataUpdatedAt > 0 && (
          <Text size="sm" c="dimmed">
            Tried <Moment at={new Date(details.dataUpdatedAt).toISOString()} />
          </Text>
        )}
        <Button
          size="compact-sm"
          variant="default"
          loading={details.isFetching}
          onClick={() => void Promise.all(all.map(async ({ refetch }) => await refetch()))}
        >
          Try again
        </Button>
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
        <Loaded query={details} lines={5}>
          {({ server, requests, checks, schedulers }) => (
            <>
              <ServerCard server={server} requests={requests} />
              <ChecksCard checks={checks} />
              {schedulers !== undefined && <SchedulersCard schedulers={schedulers} />}
            </>
          )}
        </Loaded>
        <HealthCard title="Workers" link={{ to: '/admin/workers' }}>
          <Loaded query={workers} lines={2}>
            {(found) => {
              const live = found.filter(({ state }) => state === 'active')
              const silent = found.filter(({ state }) => state === 'silent').length
              return (
                <>
                  <Amount value={live.length} text="take work" />
                  <Amount
                    value={sum(live.map(({ running }) => running))}
                    text={`of ${sum(live.map(({ slots }) => slots))} slots used`}
                  />
                  {silent > 0 && <Amount value={silent} text="silent" />}
                </>
              )
            }}
          </Loaded>
        </HealthCard>
        <HealthCard title="Queues" link={{ to: '/admin/queues' }}>
          <Loaded query={queues} lines={2}>
            {(found) => (
              <>
                <Amount value={sum(found.map(({ running }) => running))} text="task runs run" />
                <Amount value={sum(found.map(({ ready: waiting }) => waiting))} text="are ready and wait" />
                <Amount value={sum(found.map(({ delayed }) => delayed))} text="wait for their time" />
              </>
            )}
          </Loaded>
        </HealthCard>
        <HealthCard title="Background jobs" link={{ to: '/admin/jobs' }}>
          <Loaded query={jobs} lines={2}>
            {(found) => (
              <>
                <Amount value={found.length} text="jobs" />
                <Amount
                  value={found.filter(({ last_run }) => last_run?.state === 'failed').length}
                  text="failed last"
                />
              </>
            )}
          </Loaded>
        </HealthCard>
      </SimpleGrid>
    </Stack>
  )
}

function Verdict({ problems }: { readonly problems: readonly Problem[] }) {
  if (problems.length === 0) {
    return (
      <Alert role="status" color="green" icon={<IconCheck aria-hidden />} title="Everything works">
        <Text size="sm">
          The server reaches what it leans on, workers take work, nothing waits in vain, and no background job failed
          when it last ran.
        </Text>
      </Alert>
    )
  }
  return (
    <section aria-labelledby="needs-attention">
      <Title order={2} id="needs-attention" mb="xs">
        Needs attention
      </Title>
      <Stack gap="xs">
        {problems.map(({ title, text, link }) => (
          <Alert key={title} color="orange" icon={<IconAlertTriangle aria-hidden />} title={title}>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {text} {link !== undefined && <MoreLink link={link}>Show it</MoreLink>}
            </Text>
          </Alert>
        ))}
      </Stack>
    </section>
  )
}

function MoreLink({ link, children }: { readonly link: LinkProps; readonly children: ReactNode }) {
  return (
    <Anchor size="sm" underline="always" component={Link} {...(link as object)}>
      {children}
    </Anchor>
  )
}

function Amount({ value, text }: { readonly value: number; readonly text: string }) {
  return (
    <Text size="sm">
      <Text span fw={600} className="numeric">
        {value}
      </Text>{' '}
      {text}
    </Text>
  )
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
