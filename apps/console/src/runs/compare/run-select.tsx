import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery, type Schema } from '../../api/index.ts'
import { stateLook } from '../../ui/index.ts'

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

interface RunSelectProps {
  readonly label: string
  /** Whose runs are offered. */
  readonly workflow: string | undefined
  readonly value: string | undefined
  readonly onChange: (run: string) => void
}

/** One of the last runs of a workflow. */
export function RunSelect({ label, workflow, value, onChange }: RunSelectProps) {
  const { data = [] } = useQuery({
    ...apiQuery('/api/runs', { params: { query: { workflow: workflow ?? '', per_page: 100 } } }),
    enabled: workflow !== undefined,
  })
  const options = data.map((run) => ({ value: run.id, label: runLabel(run) }))
  const isThere = value === undefined || data.some(({ id }) => id === value)
  return (
    <Select
      label={label}
      w={{ base: '100%', sm: 380 }}
      searchable
      allowDeselect={false}
      data={isThere ? options : [{ value, label: `Run ${value}` }, ...options]}
      value={value ?? null}
      onChange={(run) => {
        if (run !== null) onChange(run)
      }}
      placeholder="Choose a run"
      nothingFoundMessage="No such run among the last 100"
    />
  )
}

function runLabel({ id, state, logical_date }: Schema<'Run'>): string {
  return `Run ${id}, ${stateLook(state).label}, for ${when.format(new Date(logical_date))}`
}
