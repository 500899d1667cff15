import { Alert, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Schema } from '../api/index.ts'
import { DataTable, StateBadge } from '../ui/index.ts'
import { fireTimes } from './fire-times.ts'

type Preview = Schema<'BackfillPreview'>
type Tick = Preview['first'][number]

const actionWords: Readonly<Record<Tick['action'], string>> = {
  run: 'gets a run',
  skip: 'is skipped',
  again: 'gets another run',
}

/** What a backfill would make, before anything is made. */
export function BackfillPreview({ preview, zone }: { readonly preview: Preview; readonly zone: string }) {
  const { total, existing, to_run, first, last } = preview
  const shown = new Set(first.map(({ at }) => at))
  const ending = last.filter(({ at }) => !shown.has(at))
  const between = total - first.length - ending.length
  return (
    <Stack gap="sm">
      <Alert
        title={total === 0 ? 'No tick lies in this range' : ticksText(total)}
        color={total === 0 ? 'yellow' : 'cyan'}
      >
        <Text size="sm">
          {total === 0
            ? 'Choose a longer one, or days that the schedule names. What is not past yet is left out.'
            : `${existing === 0 ? 'None has' : `${existing.toLocaleString()} of them ${existing === 1 ? 'has' : 'have'}`} a run already. ${to_run.toLocaleString()} ${to_run === 1 ? 'run is' : 'runs are'} made.`}
        </Text>
      </Alert>
      {first.length > 0 && <Ticks label="The first ticks" ticks={first} zone={zone} />}
      {between > 0 && (
        <Text size="sm" c="dimmed">
          … {between.toLocaleString()} more …
        </Text>
      )}
      {ending.length > 0 && <Ticks label="The last ticks" ticks={ending} zone={zone} />}
    </Stack>
  )
}

interface TicksProps {
  readonly label: string
  readonly ticks: readonly Tick[]
  readonly zone: string
}

function Ticks({ label, ticks, zone }: TicksProps) {
  const texts = fireTimes(
    ticks.map(({ at }) => at),
    zone,
    zone,
    new Date(ticks[0]?.at ?? 0),
  )
  const rows = ticks.map((tick, index) => ({ ...tick, text: texts[index]?.there ?? tick.at }))
  return (
    <DataTable
      label={label}
      rows={rows}
      rowKey={({ at }) => at}
      columns={[
        { title: `Tick (${zone})`, cell: ({ text }) => <span className="numeric">{text}</span> },
        {
          title: 'Has',
          cell: ({ run }) =>
            run === undefined ? (
              'no run'
            ) : (
              <Link to="/runs/$run" params={{ run: run.id }} aria-label={`Run ${run.id}`}>
                <StateBadge state={run.state} />
              </Link>
            ),
        },
        { title: 'Becomes', cell: ({ action }) => actionWords[action] },
      ]}
    />
  )
}

function ticksText(total: number): string {
  return total === 1 ? '1 tick' : `${total.toLocaleString()} ticks`
}
