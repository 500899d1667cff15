import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { durationText, Failure } from '../ui/index.ts'
import { RowsTable } from '../ui/rows/index.ts'
import { atOtherEnd, type Place, previewQuery } from './place.ts'

interface TablePreviewProps {
  readonly place: Place
  readonly id: string
  readonly table: string
  readonly limit: number
}

/** The first rows of a table, in whichever order they came. */
export function TablePreview({ place, id, table, limit }: TablePreviewProps) {
  const preview = useQuery({ ...previewQuery(place, id, table, limit), ...atOtherEnd })
  if (preview.isError) {
    return <Failure title={`${table} could not be read`} error={preview.error} onRetry={() => void preview.refetch()} />
  }
  if (preview.isPending) return <Skeleton height={200} aria-label={`Reading ${table}`} aria-busy="true" />
  const { columns, rows, cut, duration_ms } = preview.data
  return (
    <RowsTable
      label={`First rows of ${table}`}
      columns={columns}
      rows={rows}
      note={
        <>
          {rows.length === 0 ? 'The table has no rows.' : `${rows.length} rows, in whichever order they came`}
          {cut ? '; there are more' : ''} · {columns.length} columns · {durationText(duration_ms)}
        </>
      }
    />
  )
}
