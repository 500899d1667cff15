import { Button, Checkbox, Group, Loader, Modal, Stack, TagsInput, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconEye, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, useState } from 'react'
import { atOtherEnd, type Place, relationsQuery, TablePreview } from '../connections/index.ts'
import { Failure } from '../ui/index.ts'
import styles from './copies.module.css'

interface TablePickerProps {
  /** Null: the person may not look into the connection. */
  readonly address: { readonly place: Place; readonly id: string } | null
  readonly chosen: readonly string[]
  readonly onChange: (tables: readonly string[]) => void
}

/** Tables of the source to be ticked, found by name; or names and patterns to be typed. */
export function TablePicker({ address, chosen, onChange }: TablePickerProps) {
  return (
    <Stack gap="xs">
      {address === null ? (
        <Text size="sm" c="dimmed">
          You may use this connection, but not look into it. Type the names of the tables.
        </Text>
      ) : (
        <Listed address={address} chosen={chosen} onChange={onChange} />
      )}
      <TagsInput
        label="Chosen tables"
        description="Names, or patterns such as sales.* that take in new tables by themselves. Enter adds what is typed."
        value={[...chosen]}
        onChange={onChange}
        splitChars={[',', ' ']}
        acceptValueOnBlur
        clearable
      />
    </Stack>
  )
}

const rowHeight = 32

function Listed({
  address: { place, id },
  chosen,
  onChange,
}: TablePickerProps & { readonly address: { readonly place: Place; readonly id: string } }) {
  const [find, setFind] = useState('')
  const [looked, setLooked] = useState<string>()
  const [isLooking, { open, close }] = useDisclosure(false)
  const relations = useQuery({ ...relationsQuery(place, id), ...atOtherEnd })
  const frame = useRef<HTMLElement>(null)
  const shown = (relations.data?.tables ?? []).filter((name) => name.toLowerCase().includes(find.toLowerCase()))
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  })
  if (relations.isPending) {
    return (
      <Group gap="xs" role="status">
        <Loader size="xs" aria-hidden />
        <Text size="sm">Asking the source for its tables…</Text>
      </Group>
    )
  }
  if (relations.isError) {
    return (
      <Failure
        title="The tables could not be listed"
        error={relations.error}
        onRetry={() => void relations.refetch()}
      />
    )
  }
  const toggle = (table: string, isChosen: boolean) =>
    onChange(isChosen ? [...chosen, table] : chosen.filter((one) => one !== table))
  const isAll = shown.length > 0 && shown.every((table) => chosen.includes(table))
  return (
    <>
      <Group gap="xs">
        <TextInput
          flex={1}
          aria-label="Search tables"
          placeholder="Search tables"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={find}
          onChange={({ currentTarget }) => setFind(currentTarget.value)}
        />
        <Button
          variant="default"
          disabled={shown.length === 0}
          onClick={() =>
            onChange(isAll ? chosen.filter((one) => !shown.includes(one)) : [...new Set([...chosen, ...shown])])
          }
        >
          {isAll ? 'Choose none' : `Choose ${find === '' ? 'all' : 'these'} ${shown.length}`}
        </Button>
      </Group>
      <section className={styles.tables} ref={frame} aria-label="Tables of the source">
        <ul style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const table = shown[index] ?? ''
            return (
              <li key={table} style={{ transform: `translateY(${start}px)`, height: rowHeight }}>
                <Checkbox
                  size="sm"
                  label={table}
                  checked={chosen.includes(table)}
                  onChange={({ currentTarget }) => toggle(table, currentTarget.checked)}
                />
                <Button
                  variant="subtle"
                  size="compact-xs"
                  aria-label={`Preview ${table}`}
                  leftSection={<IconEye size={14} aria-hidden />}
                  onClick={() => {
                    setLooked(table)
                    open()
                  }}
                >
                  Preview
                </Button>
              </li>
            )
          })}
        </ul>
      </section>
      {relations.data.cut && (
        <Text size="xs" c="dimmed">
          There are more tables than are listed. Type the names of others, or a pattern.
        </Text>
      )}
      <Modal opened={isLooking} onClose={close} title={looked} size="90%" closeButtonProps={{ 'aria-label': 'Close' }}>
        {looked !== undefined && <TablePreview place={place} id={id} table={looked} limit={100} />}
      </Modal>
    </>
  )
}
