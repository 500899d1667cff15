import { Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery, type Schema } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { DataTable, durationText, EmptyState, Loaded } from '../ui/index.ts'
import { LoadBar } from './load-bar.tsx'
import { SlotPools } from './slot-pools.tsx'

export function QueuesPage() {
  useLive({ runs: true })
  const queues = useQuery(apiQuery('/api/queues'))
  return (
    <Stack gap="lg">
      <section aria-label="Queues">
        <Title order={2} mb={4}>
          Queues
        </Title>
        <Text size="sm" c="dimmed" mb="xs">
          Task runs wait in the queue that their task names until a worker that serves it has a free slot.
        </Text>
        <Loaded query={queues}>
          {(found) =>
            found.length === 0 ? (
              <EmptyState title="No queues">A queue is there once a worker serves it or a task waits in it.</EmptyState>
            ) : (
              <DataTable
                label="Queues"
                rows={found}
                rowKey={({ queue }) => queue}
                columns={[
                  { title: 'Queue', cell: ({ queue }) => <Text size="sm">{queue}</Text> },
                  { title: 'Ready', align: 'right', cell: ({ ready }) => ready },
                  { title: 'Running', align: 'right', cell: ({ running }) => running },
                  { title: 'Later', align: 'right', isSecondary: true, cell: ({ delayed }) => delayed },
                  { title: 'Workers', align: 'right', isSecondary: true, cell: ({ workers }) => workers },
                  {
                    title: 'Slots used',
                    isSecondary: true,
                    cell: ({ queue, slots, free_slots }) => (
                      <LoadBar used={slots - free_slots} of={slots} label={`Slots for the queue ${queue}`} />
                    ),
                  },
                  { title: 'Why they wait', cell: (queue) => <Text size="sm">{reasonOf(queue)}</Text> },
                ]}
              />
            )
          }
        </Loaded>
      </section>
      <SlotPools />
    </Stack>
  )
}

/** Why the ready ones have not begun. */
function reasonOf({ ready, waiting_for_pool, workers, free_slots, oldest_ready_seconds = 0 }: Schema<'Queue'>): string {
  if (ready === 0) return 'nothing waits'
  const since = `the first for ${durationText(oldest_ready_seconds * 1000)}`
  if (workers === 0) return `no worker serves this queue, ${since}: start one for it`
  const reasons = [
    waiting_for_pool > 0 ? `${waiting_for_pool} for slots of a pool` : undefined,
    ready > waiting_for_pool && free_slots === 0
      ? `${ready - waiting_for_pool} for a free slot of a worker`
      : undefined,
  ].filter((reason) => reason !== undefined)
  return reasons.length === 0 ? `about to begin, ${since}` : `${reasons.join(', ')}, ${since}`
}
