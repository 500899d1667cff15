import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { apiQuery } from '../../api/index.ts'
import { useLive } from '../../live/index.ts'
import { EmptyState, Loaded } from '../../ui/index.ts'
import { GridTable } from './grid-table.tsx'

interface RunGridProps {
  readonly workflow: string
  /** How many runs are shown. Default 25. */
  readonly runs?: number | undefined
  /** The id of a run: only older ones are shown. */
  readonly before?: number | undefined
  readonly onChange: (shown: { readonly runs?: number | undefined; readonly before?: number | undefined }) => void
}

const sizes = ['10', '25', '50', '100']
const defaultSize = 25

/** The tasks of a workflow in its last runs, and how long these took; live. */
export function RunGrid({ workflow, runs, before, onChange }: RunGridProps) {
  const size = runs ?? defaultSize
  const query = { limit: size, ...(before === undefined ? {} : { before }) }
  const grid = useQuery({
    ...apiQuery('/api/workflows/{workflow}/grid', { params: { path: { workflow }, query } }),
    placeholderData: keepPreviousData,
  })
  useLive({ runs: true })
  return (
    <Loaded query={grid} lines={8}>
      {(found) => {
        if (found.runs.length === 0 && before === undefined) {
          return <EmptyState title="No runs yet">Trigger a run, or wait for the schedule.</EmptyState>
        }
        const oldest = found.runs.at(-1)?.id
        return (
          <Stack gap="xs">
            <Group gap="sm" justify="space-between">
              <Group gap="xs">
                <SegmentedControl
                  size="xs"
                  aria-label="How many runs"
                  data={sizes}
                  value={`${size}`}
                  onChange={(value) => onChange({ runs: Number(value), before })}
                />
                <Text size="xs" c="dimmed">
                  runs, the newest to the right
                </Text>
              </Group>
              <Group gap="xs">
                <Button
                  size="compact-xs"
                  variant="default"
                  disabled={found.runs.length < size || oldest === undefined}
                  onClick={() => onChange({ runs, before: Number(oldest) })}
                >
                  Older
                </Button>
                <Button
                  size="compact-xs"
                  variant="default"
                  disabled={before === undefined}
                  onClick={() => onChange({ runs })}
                >
                  Newest
                </Button>
              </Group>
            </Group>
            <GridTable grid={found} label={`Tasks and runs of ${workflow}`} />
          </Stack>
        )
      }}
    </Loaded>
  )
}
