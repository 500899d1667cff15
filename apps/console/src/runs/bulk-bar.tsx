import { Button, Group, Paper, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { api, type Schema } from '../api/index.ts'
import { confirm } from '../ui/index.ts'
import { readRunsAgain } from './use-run-change.ts'

type Run = Schema<'Run'>

interface BulkBarProps {
  readonly runs: readonly Run[]
  readonly onDone: () => void
}

const atOnce = 4

/** What can be done with several runs. */
export function BulkBar({ runs, onDone }: BulkBarProps) {
  const [done, setDone] = useState<number | null>(null)
  const open = runs.filter(({ state }) => state === 'queued' || state === 'running')
  const over = runs.filter(({ state }) => state === 'failed' || state === 'cancelled')
  const each = async (chosen: readonly Run[], verb: string, change: (run: string) => Promise<unknown>) => {
    setDone(0)
    const failures: string[] = []
    const rest = [...chosen]
    const work = async () => {
      for (let run = rest.shift(); run !== undefined; run = rest.shift()) {
        const { id } = run
        await change(id).catch((error: Error) => failures.push(`Run ${id}: ${error.message}`))
        setDone((before) => (before ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    await readRunsAgain()
    setDone(null)
    onDone()
    const count = chosen.length - failures.length
    notifications.show({ message: `${count} of ${chosen.length} ${chosen.length === 1 ? 'run' : 'runs'} ${verb}.` })
    if (failures.length === 0) return
    const text = [...failures.slice(0, 5), ...(failures.length > 5 ? [`and ${failures.length - 5} more`] : [])].join(
      '\n',
    )
    notifications.show({ color: 'red', title: 'Some were refused', message: text, autoClose: 20_000 })
  }
  const cancel = async () => {
    const isSure = await confirm({
      title: `Cancel ${open.length} ${open.length === 1 ? 'run' : 'runs'}?`,
      text: 'Tasks that wait end at once; those that run are asked to stop, and what they did not finish is lost.',
      action: 'Cancel them',
    })
    if (isSure)
      await each(open, 'cancelled', (run) => api.post('/api/runs/{run}/cancel', { params: { path: { run } } }))
  }
  return (
    <Paper withBorder p="xs" mb="xs">
      <Group gap="sm">
        <Text size="sm" role="status">
          {done === null ? `${runs.length} chosen` : `${done} done…`}
        </Text>
        <Button
          size="xs"
          loading={done !== null}
          disabled={over.length === 0}
          onClick={() =>
            void each(over, 'retried', (run) => api.post('/api/runs/{run}/retry', { params: { path: { run } } }))
          }
        >
          Retry {over.length} failed
        </Button>
        <Button
          size="xs"
          variant="default"
          loading={done !== null}
          disabled={open.length === 0}
          onClick={() => void cancel()}
        >
          Cancel {open.length} open
        </Button>
        <Button size="xs" variant="subtle" onClick={onDone}>
          Choose none
        </Button>
      </Group>
    </Paper>
  )
}
