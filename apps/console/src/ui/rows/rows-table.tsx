import { Code, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useRef, useState } from 'react'
import { CopyText } from '../copy-text.tsx'
import styles from './rows-table.module.css'

const rowHeight = 28
/** The server cuts longer values off. */
const longest = 1000

interface RowsTableProps {
  /** What the rows are of, for those who do not see it. */
  readonly label: string
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[]
  readonly rows: readonly (readonly (string | null)[])[]
  /** Below the rows: how many there are, of what. */
  readonly note: ReactNode
}

/** Rows as text; a long value opens by a click. Only those in sight are in the page. */
export function RowsTable({ label, columns, rows, note }: RowsTableProps) {
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
      <section className={styles.rows} ref={frame} tabIndex={0} aria-label={label}>
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
        {note}
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
