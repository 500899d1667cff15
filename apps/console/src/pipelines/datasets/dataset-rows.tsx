import { Button, Skeleton, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiQuery, type Schema } from '../../api/index.ts'
import { countText, Failure, rowsText } from '../../ui/index.ts'
import { RowsTable } from '../../ui/rows/index.ts'
import { type Filter, filtersText } from './filters.ts'

interface DatasetRowsProps {
  readonly pipelineId: string
  readonly transformation: string
  readonly name: string
  readonly filters: readonly Filter[]
}

const steps = [50, 200, 1000]

/** Rows that the filters want, those of the newest runs first. */
export function DatasetRows({ pipelineId, transformation, name, filters }: DatasetRowsProps) {
  const [limit, setLimit] = useState(steps[0] ?? 50)
  const rows = useQuery({
    ...apiQuery('/api/pipelines/{id}/datasets/{transformation}/rows', {
      params: {
        path: { id: pipelineId, transformation },
        query: { limit, ...(filters.length === 0 ? {} : { filters: filtersText(filters) }) },
      },
    }),
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    staleTime: 60_000,
    retry: false,
  })
  if (rows.isError) {
    return <Failure title="The rows could not be read" error={rows.error} onRetry={() => void rows.refetch()} />
  }
  if (rows.isPending) return <Skeleton height={200} aria-label={`Reading ${name}`} aria-busy="true" />
  const next = steps.find((step) => step > limit)
  return (
    <div aria-busy={rows.isPlaceholderData} style={rows.isPlaceholderData ? { opacity: 0.5 } : {}}>
      <RowsTable label={`First rows of ${name}`} {...rows.data} note={noteOf(rows.data)} />
      {rows.data.cut && next !== undefined && (
        <Button
          mt="xs"
          size="compact-sm"
          variant="default"
          loading={rows.isPlaceholderData}
          onClick={() => setLimit(next)}
        >
          Show {countText(next)} rows
        </Button>
      )}
    </div>
  )
}

function noteOf({ rows, cut, searched, wanted }: Schema<'DatasetRows'>) {
  const isSearchedWhole = searched.rows === wanted.rows
  return (
    <Text size="xs" component="span">
      {rows.length === 0 ? 'No row fits the filters' : `${rowsText(rows.length)}, those of the newest runs first`}
      {cut ? '; there are more' : ''}
      {isSearchedWhole
        ? ` · ${rowsText(wanted.rows)} in ${runsText(wanted.runs)}`
        : ` · looked for in ${countText(searched.rows)} of ${rowsText(wanted.rows)}`}
    </Text>
  )
}

function runsText(runs: number): string {
  return runs === 1 ? '1 run' : `${countText(runs)} runs`
}
