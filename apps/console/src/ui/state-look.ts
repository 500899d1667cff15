import {
  IconBan,
  IconCheck,
  IconCircleDashed,
  IconClock,
  IconHourglass,
  IconLoader2,
  IconPlayerSkipForward,
  IconPlayerTrackNext,
  IconX,
} from '@tabler/icons-react'
import type { Schema } from '../api/index.ts'

export type AnyState = Schema<'Run'>['state'] | Schema<'TaskRun'>['state']

interface Look {
  readonly label: string
  /** Of Mantine's palette; never the only sign. */
  readonly color: string
  readonly icon: typeof IconCheck
}

const looks: Readonly<Record<AnyState, Look>> = {
  queued: { label: 'queued', color: 'gray', icon: IconClock },
  waiting: { label: 'waiting', color: 'gray', icon: IconHourglass },
  ready: { label: 'ready', color: 'violet', icon: IconClock },
  running: { label: 'running', color: 'blue', icon: IconLoader2 },
  expanded: { label: 'expanded', color: 'blue', icon: IconPlayerTrackNext },
  success: { label: 'success', color: 'green', icon: IconCheck },
  failed: { label: 'failed', color: 'red', icon: IconX },
  skipped: { label: 'skipped', color: 'grape', icon: IconPlayerSkipForward },
  upstream_failed: { label: 'upstream failed', color: 'orange', icon: IconCircleDashed },
  cancelled: { label: 'cancelled', color: 'yellow', icon: IconBan },
}

/** How a state of a run or task run is shown: by word, sign and color, the same everywhere. */
export function stateLook(state: AnyState): Look {
  return looks[state]
}
