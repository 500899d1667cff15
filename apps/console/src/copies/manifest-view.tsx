import { Accordion, Alert, Button, Code, Group, SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck, IconDownload, IconInfoCircle } from '@tabler/icons-react'
import { bytesText, countText, DataTable, durationText, JsonText, Moment, rateText, rowsText } from '../ui/index.ts'
import styles from './copies.module.css'
import { type CopiedTable, type CopyOutput, type Side, spanMs, type Verdict, verdictOf } from './manifest.ts'

const verdicts: Readonly<Record<Verdict, { readonly title: string; readonly text: string }>> = {
  equal: {
    title: 'Proof: equal',
    text: 'A hash of every value was computed at both sides before anything became visible, and it is the same.',
  },
  counted: {
    title: 'Proof: same number of rows',
    text: 'Rows were counted at both sides before anything became visible. For a proof of every value, choose "a hash of every value".',
  },
  unproven: { title: 'Not proven', text: 'The copy was told to compare nothing.' },
  different: { title: 'The sides differ', text: 'The numbers below are not the same. Copy again.' },
}
const order: readonly Verdict[] = ['different', 'unproven', 'counted', 'equal']

/** The record of a copy that has ended: what arrived, and what is proven of it. */
export function ManifestView({ output, name }: { readonly output: CopyOutput; readonly name: string }) {
  const { tables, rows, bytes } = output
  const found = tables.map(verdictOf)
  const worst = order.find((verdict) => found.includes(verdict)) ?? 'unproven'
  const losses = tables.flatMap((table) => table.losses).reduce((sum, { count }) => sum + count, 0)
  const durationMs = Math.max(0, ...tables.map((table) => table.durationMs))
  return (
    <Stack gap="md">
      <div className={styles.equal}>
        <Group gap="xs">
          {worst === 'equal' || worst === 'counted' ? (
            <IconCircleCheck size={22} color="var(--mantine-color-green-text)" aria-hidden />
          ) : worst === 'unproven' ? (
            <IconInfoCircle size={22} aria-hidden />
          ) : (
            <IconAlertTriangle size={22} color="var(--mantine-color-red-text)" aria-hidden />
          )}
          <Text fw={700}>{verdicts[worst].title}</Text>
        </Group>
        <Text size="sm">{verdicts[worst].text}</Text>
      </div>
      <SimpleGrid cols={{ base: 2, xs: 3, md: 5 }}>
        <Fact label="Rows" value={countText(rows)} />
        <Fact label="Read" value={bytesText(bytes)} />
        <Fact label="Speed" value={rateText(rows, spanMs(tables)) || '–'} />
        <Fact label={tables.length === 1 ? 'Duration' : 'Longest table'} value={durationText(durationMs)} />
        <Fact label="Values lost" value={losses === 0 ? 'none' : countText(losses)} />
      </SimpleGrid>
      <Group justify="space-between">
        <Text fw={600} size="sm">
          {tables.length === 1 ? 'One table' : `${tables.length} tables`}
        </Text>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={14} aria-hidden />}
          onClick={() => download(output, `${name}-manifest.json`)}
        >
          Download as JSON
        </Button>
      </Group>
      <Accordion multiple variant="separated" defaultValue={tables.length === 1 ? [tables[0]?.load ?? ''] : []}>
        {tables.map((table) => (
          <Accordion.Item key={table.load} value={table.load}>
            <Accordion.Control>
              <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                {table.table} → {table.target}
              </Text>
              <Text size="xs" c="dimmed">
                {verdicts[verdictOf(table)].title} · {rowsText(table.rows)} · {bytesText(table.bytes)} ·{' '}
                {[durationText(table.durationMs), rateText(table.rows, table.durationMs)].filter(Boolean).join(' · ')}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <TableRecord table={table} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Stack>
  )
}

function Fact({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text fw={600} className="numeric">
        {value}
      </Text>
    </div>
  )
}

function TableRecord({ table }: { readonly table: CopiedTable }) {
  const { manifest, losses, mode, inserted, updated, resumedChunks, rows, targetRows } = table
  const proof = manifest?.proof
  const sides: readonly (readonly [string, Side | undefined])[] =
    proof === undefined
      ? [
          ['Source', { rows }],
          ['Destination', targetRows === undefined ? undefined : { rows: targetRows }],
        ]
      : [
          ['Source, under its snapshot', proof.source],
          ['Staged, before it became visible', proof.staged],
          ['Destination, afterwards', proof.target],
        ]
  const excluded = proof?.excludedColumns ?? []
  return (
    <Stack gap="sm">
      <Table.ScrollContainer
        minWidth={0}
        scrollAreaProps={{
          viewportProps: { tabIndex: 0, 'aria-label': `Both sides of ${table.table}`, role: 'region' },
        }}
      >
        <Table aria-label={`Both sides of ${table.table}`}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Side</Table.Th>
              <Table.Th ta="right">Rows</Table.Th>
              <Table.Th>Hash of all values</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sides.map(
              ([label, side]) =>
                side !== undefined && (
                  <Table.Tr key={label}>
                    <Table.Td>{label}</Table.Td>
                    <Table.Td ta="right" className="numeric">
                      {countText(side.rows)}
                    </Table.Td>
                    <Table.Td className={styles.hash}>{side.hash ?? 'not asked for'}</Table.Td>
                  </Table.Tr>
                ),
            )}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Text size="sm">
        {mode}
        {typeof inserted === 'number' && ` · ${countText(inserted)} inserted`}
        {typeof updated === 'number' && ` · ${countText(updated)} updated`}
        {resumedChunks > 0 && ` · ${resumedChunks} chunks were there from an interrupted copy`}
        {manifest?.incremental !== undefined && ` · incremental by ${manifest.incremental.cursor}`}
      </Text>
      {excluded.length > 0 && (
        <Text size="sm">
          Not in the hash, because values were changed: {excluded.map(({ column }) => column).join(', ')}.
        </Text>
      )}
      {losses.length > 0 && (
        <Alert
          color="yellow"
          icon={<IconAlertTriangle aria-hidden />}
          title="Values that the destination could not hold"
        >
          <DataTable
            label="Values that were changed"
            rows={losses}
            rowKey={({ column, reason, outcome }) => `${column} ${reason} ${outcome}`}
            columns={[
              { title: 'Column', cell: ({ column }) => column },
              { title: 'Why', cell: ({ reason }) => reason },
              { title: 'What became of them', cell: ({ outcome }) => outcome },
              { title: 'Values', align: 'right', cell: ({ count }) => countText(count) },
            ]}
          />
        </Alert>
      )}
      {manifest !== undefined && manifest !== null && (
        <>
          <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
            From {manifest.from.connector} {manifest.from.address} to {manifest.to.connector} {manifest.to.address},{' '}
            <Moment at={manifest.startedAt} />
          </Text>
          <DataTable
            label={`Types of ${table.table}`}
            rows={manifest.columns}
            rowKey={({ name }) => name}
            columns={[
              { title: 'Column', cell: ({ name }) => name },
              { title: 'Source', cell: ({ sourceType }) => <Code>{sourceType ?? '–'}</Code> },
              { title: 'Destination', cell: ({ targetType }) => <Code>{targetType}</Code> },
            ]}
          />
          <details>
            <summary>The whole manifest</summary>
            <JsonText value={manifest} label={`Manifest of ${table.table}`} />
          </details>
        </>
      )}
    </Stack>
  )
}

function download(value: unknown, name: string): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
