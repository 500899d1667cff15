import { Text } from '@mantine/core'
import type { Schema } from '../api/index.ts'
import { Duration, durationText, Facts } from '../ui/index.ts'
import { HealthCard } from './health-card.tsx'

type Details = Schema<'HealthDetails'>

/** The process that answered: others beside it have their own numbers. */
export function ServerCard({ server, requests }: Pick<Details, 'server' | 'requests'>) {
  const { version, host, pid, started_at, memory_bytes } = server
  return (
    <HealthCard title="Server">
      <Facts
        label="Server"
        facts={[
          ['Version', version],
          ['Runs for', <Duration key="uptime" from={started_at} to={undefined} />],
          ['Process', `${pid} on ${host}`],
          ['Memory', `${Math.round(memory_bytes / 1024 / 1024)} MiB`],
          [
            'Requests',
            <span key="requests" className="numeric">
              {requests.count.toLocaleString()}, {requests.server_errors.toLocaleString()} failed
            </span>,
          ],
        ]}
      />
      <Text size="xs" c="dimmed" mt={4}>
        Requests to this process in the last {durationText(requests.seconds * 1000)}; failed are those answered with
        5xx.
      </Text>
    </HealthCard>
  )
}
