import '@mantine/dates/styles.css'
import { Button, Group, NumberInput, Radio, Stack, Text, Textarea, Title } from '@mantine/core'
import { DateInput } from '@mantine/dates'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, invalidate, type Schema } from '../api/index.ts'
import { EmptyState, Failure, RoutePending } from '../ui/index.ts'
import { BackfillPreview } from './backfill-preview.tsx'
import { dayRange } from './day-range.ts'
import { parseParams } from './parse-params.ts'
import { useWorkflow } from './use-workflow.ts'
import { VersionSelect } from './version-select.tsx'

type NewBackfill = Schema<'NewBackfill'>

const dayLabels = ['First day', 'Last day']

/** Asks for a range, shows what would be made of it, and starts it. */
export function NewBackfillPage() {
  const { workflow, mayWrite, isAccessKnown } = useWorkflow()
  if (!isAccessKnown) return <RoutePending />
  if (!mayWrite || workflow.schedule === undefined) {
    return (
      <EmptyState title="No backfill can be made here">
        {mayWrite
          ? 'A backfill makes a run for every tick of a schedule, and this workflow has none. Trigger runs with a logical date instead.'
          : 'You see this workflow, and may not start runs of it. Ask an owner of its project to make you an editor.'}
      </EmptyState>
    )
  }
  return <BackfillForm zone={workflow.schedule.timezone} />
}

function BackfillForm({ zone }: { readonly zone: string }) {
  const { workflow } = useWorkflow()
  const navigate = useNavigate()
  const [days, setDays] = useState<[string | null, string | null]>([null, null])
  const [version, setVersion] = useState(workflow.version)
  const [atOnce, setAtOnce] = useState<number | string>(1)
  const [existing, setExisting] = useState<NonNullable<NewBackfill['existing']>>('skip')
  const [paramsText, setParamsText] = useState('')
  const { params, problem } = parseParams(paramsText)

  const path = { params: { path: { workflow: workflow.name } } }
  const preview = useMutation({
    mutationFn: async (body: NewBackfill) => ({
      body,
      found: await api.post('/api/workflows/{workflow}/backfills/preview', { ...path, body }),
    }),
    meta: { showsFailure: true },
  })
  const start = useMutation({
    mutationFn: async (body: NewBackfill) => await api.post('/api/workflows/{workflow}/backfills', { ...path, body }),
    meta: { showsFailure: true },
    onSuccess: async () => {
      await invalidate('/api/backfills')
      await navigate({ to: '/workflows/$workflow/backfills', params: { workflow: workflow.name } })
    },
  })
  // What was previewed is what is started: another choice asks for another preview.
  const changed = () => {
    preview.reset()
    start.reset()
  }
  const [first, last] = days
  const isReversed = first !== null && last !== null && last < first
  const isComplete = first !== null && last !== null && !isReversed && params !== undefined && Number(atOnce) >= 1
  const ask = () => {
    if (!isComplete) return
    preview.mutate({
      ...dayRange(first, last, zone),
      version,
      max_active_runs: Number(atOnce),
      existing,
      params: params as NonNullable<NewBackfill['params']>,
    })
  }
  return (
    <Stack gap="md" maw={820}>
      <Title order={2}>New backfill</Title>
      <Text size="sm">
        It makes a run for every tick of the schedule from the beginning of the first day to the end of the last, on the
        clock of {zone}, the oldest first.
      </Text>
      <Group grow align="flex-start">
        {days.map((day, at) => (
          <DateInput
            key={dayLabels[at]}
            label={dayLabels[at]}
            placeholder="YYYY-MM-DD"
            valueFormat="YYYY-MM-DD"
            maxDate={new Date()}
            required
            value={day}
            onChange={(next) => {
              setDays(at === 0 ? [next, last] : [first, next])
              changed()
            }}
            error={at === 1 && isReversed ? 'The last day is before the first.' : undefined}
          />
        ))}
      </Group>
      <Group grow align="flex-start">
        <NumberInput
          label="Runs at once"
          description="How many may be active at a time."
          min={1}
          max={10_000}
          allowDecimal={false}
          value={atOnce}
          onChange={(next) => {
            setAtOnce(next)
            changed()
          }}
        />
        <VersionSelect
          label="Version"
          value={version}
          onChange={(next) => {
            setVersion(next)
            changed()
          }}
        />
      </Group>
      <Radio.Group
        label="Ticks that have a run already"
        value={existing}
        onChange={(next) => {
          setExisting(next as typeof existing)
          changed()
        }}
      >
        <Stack gap="xs" mt={4}>
          <Radio value="skip" label="are skipped" />
          <Radio value="again" label="get another run" />
        </Stack>
      </Radio.Group>
      <Textarea
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        label="Params"
        description="The same for all runs, as a JSON object. Default: none."
        placeholder="{}"
        autosize
        minRows={2}
        maxRows={12}
        spellCheck={false}
        value={paramsText}
        error={problem}
        onChange={({ currentTarget }) => {
          setParamsText(currentTarget.value)
          changed()
        }}
      />
      <Group>
        <Button
          variant={preview.data === undefined ? 'filled' : 'default'}
          disabled={!isComplete}
          loading={preview.isPending}
          onClick={ask}
        >
          Preview
        </Button>
        <Button
          variant="subtle"
          component={Link}
          to="/workflows/$workflow/backfills"
          params={{ workflow: workflow.name } as never}
        >
          Back to the list
        </Button>
      </Group>
      {preview.error !== null && <Failure error={preview.error} />}
      {preview.data !== undefined && (
        <Stack gap="md" aria-live="polite">
          <BackfillPreview preview={preview.data.found} zone={zone} />
          {start.error !== null && <Failure error={start.error} />}
          <Group>
            <Button
              disabled={preview.data.found.to_run === 0}
              loading={start.isPending}
              onClick={() => start.mutate(preview.data.body)}
            >
              {runsText(preview.data.found.to_run)}
            </Button>
            {preview.data.found.to_run === 0 && <Text size="sm">There is nothing to run.</Text>}
          </Group>
        </Stack>
      )}
    </Stack>
  )
}

function runsText(count: number): string {
  return count === 1 ? 'Start 1 run' : `Start ${count.toLocaleString()} runs`
}
