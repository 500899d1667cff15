import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { apiQuery, type Schema } from '../../api/index.ts'
import { useLive } from '../../live/index.ts'
import { useProgressText } from '../progress.tsx'

interface CellProgressProps {
  readonly run: string
  readonly taskRun: number
}

/** How long a cell is looked at before its progress is asked for, so that moving over many asks nothing. */
const lookMs = 200

/** How far the task of a cell is that runs, and how fast; one for each cell that is looked at. */
export function CellProgress(cell: CellProgressProps) {
  const [isLookedAt, setLookedAt] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLookedAt(true), lookMs)
    return () => clearTimeout(timer)
  }, [])
  return isLookedAt ? <LiveProgress {...cell} /> : null
}

function LiveProgress({ run, taskRun }: CellProgressProps) {
  useLive({ run })
  const task = useQuery(apiQuery('/api/task-runs/{task_run}', { params: { path: { task_run: taskRun } } }))
  return task.data === undefined ? null : <ProgressLine task={task.data} />
}

function ProgressLine({ task }: { readonly task: Schema<'TaskRun'> }) {
  const text = useProgressText(task)
  if (text === null) return null
  return (
    <Text span size="xs" className="numeric">
      {task.node} in run {task.run}: {text}
    </Text>
  )
}
