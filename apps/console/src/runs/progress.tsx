import { Progress, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import type { Schema } from '../api/index.ts'
import { addSample, type ProgressSample, ratePerSecond } from './progress-rate.ts'

type TaskRun = Schema<'TaskRun'>

/** How far a task is, by what it says itself, and how fast: while it runs of late, afterwards on average. */
export function TaskProgress({ task }: { readonly task: TaskRun }) {
  const text = useProgressText(task)
  if (text === null) return null
  const { done, total } = task.progress ?? { done: 0 }
  const percent = total === undefined || total <= 0 ? null : Math.min(100, (done / total) * 100)
  return (
    <Stack gap={2}>
      {percent !== null && task.state === 'running' && (
        <Progress value={percent} size="sm" aria-label={`${Math.round(percent)} percent done`} />
      )}
      <Text span size="xs" className="numeric" style={{ whiteSpace: 'nowrap' }}>
        {text}
      </Text>
    </Stack>
  )
}

/** The same in words; null for a task that says nothing of it. */
export function useProgressText({ progress, state, attempt, started_at, ended_at }: TaskRun): string | null {
  const done = progress?.done
  const [samples, setSamples] = useState<readonly ProgressSample[]>([])
  const isRunning = state === 'running'
  useEffect(() => {
    if (done !== undefined && isRunning) setSamples((before) => addSample(before, { done, at: Date.now(), attempt }))
  }, [done, isRunning, attempt])
  if (progress === undefined) return null
  const { total, unit = '' } = progress
  const until = ended_at === undefined ? (isRunning ? Date.now() : undefined) : Date.parse(ended_at)
  const overallMs = started_at === undefined || until === undefined ? 0 : until - Date.parse(started_at)
  const rate =
    (isRunning ? ratePerSecond(samples) : null) ?? (overallMs > 0 ? (progress.done / overallMs) * 1000 : null)
  const amount =
    total === undefined || !isRunning
      ? amountText(progress.done)
      : `${amountText(progress.done)} of ${amountText(total)}`
  const speed = rate !== null && unit !== '' && progress.done > 0 ? `, ${amountText(rate)} ${unit}/s` : ''
  return `${amount} ${unit}${speed}`
}

function amountText(value: number): string {
  return value.toLocaleString(undefined, { maximumFractionDigits: value < 10 ? 1 : 0 })
}
