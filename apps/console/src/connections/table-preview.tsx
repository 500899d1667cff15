import { Code, Modal, Skeleton, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, useState } from 'react'
import type { Schema } from '../api/index.ts'
import { CopyText, durationText, Failure } from '../ui/index.ts'
import styles from './connections.module.css'
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
  return <Rows table={table} preview={preview.data} />
}

const rowHeight = 28
/** The server cuts longer values off. */
const longest = 1000

function Rows({ table, preview }: { readonly table: string; readonly preview: Schema<'ConnectionPreview'> }) {
  const { columns, rows, cut, duration_ms } = preview
  const frame = useRef<HTMLElement>(null)
  const [opened, setOpened] = useState<{ readonly column: string; readonly value: string }>()
  const [isOpen, { open, close }] = useDisclosure(false)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  })
  const inSight = virtual.getVirtualItems()
  const above = inSight[0]?.start ?? 0
  const below = virtual.getTotalSize() - (inSight.at(-1)?.end ?? 0)
  return (
    <Stack gap="xs">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard has to reach it */}
      <section className={styles.rows} ref={frame} tabIndex={0} aria-label={`First rows of ${table}`}>
        <table className={styles.table} aria-rowcount={rows.length + 1}>
          <thead>
            <tr>
              {columns.map(({ name, type, nullable }) => (
                <th key={name} scope="col">
                  {name}
                  <span className={styles.type}>
                    {type}
                    {nullable ? '' : ' · not null'}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {above > 0 && <Gap height={above} width={columns.length} />}
            {inSight.map(({ index }) => (
              <tr key={index} aria-rowindex={index + 2}>
                {columns.map(({ name }, place) => (
                  <td key={name}>
                    <Cell
                      value={rows[index]?.[place] ?? null}
                      onOpen={(value) => {
                        setOpened({ column: name, value })
                        open()
                      }}
                    />
                  </td>
                ))}
              </tr>
            ))}
            {below > 0 && <Gap height={below} width={columns.length} />}
          </tbody>
        </table>
      </section>
      <Text size="xs" c="dimmed">
        {rows.length === 0 ? 'The table has no rows.' : `${rows.length} rows, in whichever order they came`}
        {cut ? '; there are more' : ''} · {columns.length} columns · {durationText(duration_ms)}
      </Text>
      <Modal
        opened={isOpen}
        onClose={close}
        title={opened?.column}
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {opened !== undefined && (
          <Stack gap="xs">
            <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {opened.value}
            </Code>
            {opened.value.length >= longest && (
              <Text size="xs" c="dimmed">
                Cut off after {longest} characters.
              </Text>
            )}
            <CopyText value={opened.value} label="Copy the value" />
          </Stack>
        )}
      </Modal>
    </Stack>
  )
}

function Gap({ height, width }: { readonly height: number; readonly width: number }) {
  return (
    <tr aria-hidden>
      <td className={styles.padding} colSpan={width} style={{ height }} />
    </tr>
  )
}

function Cell({ value, onOpen }: { readonly value: string | null; readonly onOpen: (value: string) => void }) {
  if (value === null) return <span className={styles.null}>NULL</span>
  if (value === '') return <span className={styles.null}>empty</span>
  if (value.length <= 48 && !value.includes('\n')) return value
  return (
    <button type="button" className={styles.cell} title="Show the whole value" onClick={() => onOpen(value)}>
      {value.replaceAll('\n', '⏎')}
    </button>
  )
}
