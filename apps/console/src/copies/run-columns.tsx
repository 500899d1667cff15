import type { Schema } from '../api/index.ts'
import { type Column, Moment, StateBadge } from '../ui/index.ts'
import { LastProof } from './last-proof.tsx'

/** What lists of copies tell of how each has run, and when it runs next. */
export const runColumns: readonly Column<
  Pick<Schema<'Workflow'>, 'last_run' | 'schedule' | 'paused' | 'next_tick_at'>
>[] = [
  {
    title: 'Last run',
    cell: ({ last_run }) => (last_run === undefined ? 'never' : <StateBadge state={last_run.state} />),
  },
  { title: 'When', isSecondary: true, cell: ({ last_run }) => <Moment at={last_run?.logical_date} /> },
  {
    title: 'Rows and proof',
    isSecondary: true,
    cell: ({ last_run }) => (last_run === undefined ? '–' : <LastProof run={last_run.id} state={last_run.state} />),
  },
  {
    title: 'Next run',
    isSecondary: true,
    cell: ({ schedule, paused, next_tick_at }) =>
      schedule === undefined ? 'when asked' : paused ? 'paused' : <Moment at={next_tick_at} />,
  },
]
