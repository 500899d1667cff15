import '@mantine/dates/styles.css'
import {
  Accordion,
  Button,
  Group,
  NumberInput,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from '@mantine/core'
import { DateTimePicker } from '@mantine/dates'
import { useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { api, invalidate, type Schema } from '../api/index.ts'
import { Failure } from '../ui/index.ts'
import { fieldErrors, SchemaForm } from '../ui/schema-form/index.ts'
import type { Manifest } from './manifest-graph.ts'
import { parseParams } from './parse-params.ts'
import { VersionSelect } from './version-select.tsx'

type Params = Record<string, unknown>

/** What a run is given. */
export interface NewRunDraft {
  readonly params: Params
  readonly logicalDate: string | null
  readonly key: string
  readonly priority: number | string
}

interface TriggerFormProps {
  readonly manifest: Manifest
  readonly draft: NewRunDraft
  readonly onChange: (change: Partial<NewRunDraft>) => void
}

/** Params by a form made from their schema, or as JSON, and what else a run can be given. */
export function TriggerForm({ manifest, draft, onChange }: TriggerFormProps) {
  const { name, version, params: schema } = manifest
  const { params, logicalDate, key, priority } = draft
  const navigate = useNavigate({ from: '/workflows/$workflow/trigger' })
  const search = useSearch({ from: '/shell/workflows/$workflow/trigger' })
  const fields = Object.keys((schema?.properties as object | undefined) ?? {})
  const hasFields = schema !== null && fields.length > 0
  const isJson = search.as === 'json'
  const [initial, setInitial] = useState(params)
  const setParams = (typed: Params) => onChange({ params: typed })

  const start = useMutation({
    mutationFn: async (chosen: Params) => {
      const body: Schema<'NewRun'> = {
        params: chosen as NonNullable<Schema<'NewRun'>['params']>,
        version,
        ...(logicalDate === null ? {} : { logical_date: new Date(logicalDate).toISOString() }),
        ...(key.trim() === '' ? {} : { key: key.trim() }),
        ...(priority === '' ? {} : { priority: Number(priority) }),
      }
      return await api.post('/api/workflows/{workflow}/runs', { params: { path: { workflow: name } }, body })
    },
    meta: { showsFailure: true },
    onSuccess: async ({ id }) => {
      void invalidate('/api/runs', '/api/workflows', '/api/workflows/{workflow}', '/api/workflows/{workflow}/grid')
      await navigate({ to: '/runs/$run', params: { run: id } })
    },
  })
  const refused = start.error === null ? {} : fieldErrors(start.error.message, fields)
  const show = (next: string) => {
    setInitial(params)
    const { as: _before, ...kept } = search
    void navigate({ search: next === 'json' ? { ...kept, as: 'json' } : kept, replace: true })
  }

  const more = (
    <Accordion variant="contained" mt="md" defaultValue={search.version === undefined ? null : 'more'}>
      <Accordion.Item value="more">
        <Accordion.Control>Version, logical date, key and priority</Accordion.Control>
        <Accordion.Panel>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <VersionSelect
              label="Version"
              value={version}
              onChange={(next) => void navigate({ search: { ...search, version: next } })}
            />
            <DateTimePicker
              label="Logical date"
              description="The time that the run is for, in your time zone. Default: now."
              placeholder="now"
              valueFormat="YYYY-MM-DD HH:mm"
              clearable
              clearButtonProps={{ 'aria-label': 'Clear the logical date' }}
              value={logicalDate}
              onChange={(next) => onChange({ logicalDate: next })}
            />
            <TextInput
              label="Key"
              description="A second run with the same key is the first one. Default: a new one."
              value={key}
              maxLength={200}
              onChange={({ currentTarget }) => onChange({ key: currentTarget.value })}
            />
            <NumberInput
              label="Priority"
              description="Runs with a higher one go first. Default: 0."
              value={priority}
              allowDecimal={false}
              min={-1_000_000}
              max={1_000_000}
              onChange={(next) => onChange({ priority: next })}
            />
          </SimpleGrid>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
  return (
    <Stack gap="md" maw={720}>
      <Title order={2}>Start a run</Title>
      {hasFields ? (
        <SegmentedControl
          aria-label="Params as"
          size="xs"
          style={{ alignSelf: 'flex-start' }}
          value={isJson ? 'json' : 'form'}
          onChange={show}
          data={[
            { value: 'form', label: 'Form' },
            { value: 'json', label: 'JSON' },
          ]}
        />
      ) : (
        <Text size="sm">This version names no params.</Text>
      )}
      {start.error !== null && Object.keys(refused).length === 0 && <Failure error={start.error} />}
      {isJson || !hasFields ? (
        <JsonParams
          key={isJson ? 'json' : 'none'}
          isShown={isJson}
          value={params}
          onChange={setParams}
          onSubmit={(chosen) => start.mutate(chosen)}
          isSubmitting={start.isPending}
          refused={Object.values(refused)[0]}
        >
          {more}
        </JsonParams>
      ) : (
        <SchemaForm
          schema={schema}
          value={initial}
          onChange={setParams}
          onSubmit={(chosen) => start.mutate(chosen)}
          submitLabel="Start the run"
          isSubmitting={start.isPending}
          extraErrors={refused}
        >
          {more}
        </SchemaForm>
      )}
    </Stack>
  )
}

interface JsonParamsProps {
  readonly isShown: boolean
  readonly value: Params
  readonly onChange: (params: Params) => void
  readonly onSubmit: (params: Params) => void
  readonly isSubmitting: boolean
  readonly refused: string | undefined
  readonly children: ReactNode
}

function JsonParams({ isShown, value, onChange, onSubmit, isSubmitting, refused, children }: JsonParamsProps) {
  const [text, setText] = useState(() => JSON.stringify(value, null, 2))
  const [wasSubmitted, setSubmitted] = useState(false)
  const { params, problem } = parseParams(text)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        setSubmitted(true)
        if (params !== undefined && !isSubmitting) onSubmit(params)
      }}
    >
      {isShown && (
        <Textarea
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          label="Params"
          description="As a JSON object."
          autosize
          minRows={6}
          maxRows={24}
          spellCheck={false}
          value={text}
          error={(wasSubmitted ? problem : undefined) ?? refused}
          onChange={({ currentTarget: { value: typed } }) => {
            setText(typed)
            const parsed = parseParams(typed).params
            if (parsed !== undefined) onChange(parsed)
          }}
        />
      )}
      {children}
      <Group mt="md">
        <Button type="submit" loading={isSubmitting}>
          Start the run
        </Button>
      </Group>
    </form>
  )
}
