import { Accordion, Alert, Badge, Code, Group, List, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import type { Schema } from '../api/index.ts'
import { bytesText, DataTable, rowsText } from '../ui/index.ts'

type Plan = Schema<'CopyPlan'>
type TablePlan = Schema<'CopyTablePlan'>

/** What a copy would do, table by table; what would keep it from doing so stands first. */
export function PlanView({ plan }: { readonly plan: Plan }) {
  const { tables, problems, more_tables } = plan
  return (
    <Stack gap="sm">
      {problems.length === 0 ? (
        <Group gap={6}>
          <IconCheck size={16} color="var(--mantine-color-green-text)" aria-hidden />
          <Text size="sm">{tables.length === 1 ? 'The table' : `${tables.length} tables`} can be copied.</Text>
        </Group>
      ) : (
        <Alert color="red" role="alert" icon={<IconAlertTriangle aria-hidden />} title="This would be refused">
          <List size="sm" spacing={4}>
            {problems.map(({ code, message, table, path }) => (
              <List.Item key={`${code} ${table ?? ''} ${path} ${message}`}>
                {table !== undefined && <b>{table}: </b>}
                {message}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Accordion multiple variant="separated" defaultValue={tables.length === 1 ? [tables[0]?.table ?? ''] : []}>
        {tables.map((table) => (
          <Accordion.Item key={`${table.table} ${table.target}`} value={table.table}>
            <Accordion.Control>
              <Group gap="xs">
                <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
                  {table.table} → {table.target}
                </Text>
                <Marks table={table} />
              </Group>
              <Text size="xs" c="dimmed">
                {facts(table).join(' · ')}
              </Text>
            </Accordion.Control>
            <Accordion.Panel>
              <TableDetails table={table} isOnly={tables.length === 1} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
      {more_tables > 0 && (
        <Text size="sm" c="dimmed">
          {more_tables} more tables match and were not looked at.
        </Text>
      )}
    </Stack>
  )
}

function Marks({ table: { target_exists, changes, conflicts, forecast } }: { readonly table: TablePlan }) {
  const drift = changes.filter(({ kind }) => kind !== 'create-table')
  return (
    <>
      {!target_exists && (
        <Badge variant="default" tt="none">
          new table
        </Badge>
      )}
      {drift.length > 0 && (
        <Badge color="yellow" variant="light" tt="none" autoContrast>
          {drift.length === 1 ? '1 column changes' : `${drift.length} columns change`}
        </Badge>
      )}
      {forecast.length > 0 && (
        <Badge color="yellow" variant="light" tt="none">
          {forecast.length === 1 ? '1 possible loss' : `${forecast.length} possible losses`}
        </Badge>
      )}
      {conflicts.length > 0 && (
        <Badge color="red" variant="light" tt="none">
          {conflicts.length === 1 ? '1 conflict' : `${conflicts.length} conflicts`}
        </Badge>
      )}
    </>
  )
}

function facts(table: TablePlan): string[] {
  const { mode, keys, estimated_rows, estimated_bytes, chunks, target_rows, cursor_after, interrupted } = table
  return [
    keys.length === 0 ? mode : `${mode} by ${keys.join(', ')}`,
    ...(estimated_rows === undefined ? [] : [`about ${rowsText(estimated_rows)}`]),
    ...(estimated_bytes === undefined ? [] : [bytesText(estimated_bytes)]),
    `${chunks} ${chunks === 1 ? 'chunk' : 'chunks'}`,
    ...(target_rows === undefined ? [] : [`${rowsText(target_rows)} there already`]),
    ...(cursor_after === undefined ? [] : [`rows beyond ${cursor_after.cursor}`]),
    ...(interrupted === undefined ? [] : [`goes on after ${interrupted.finished_chunks} finished chunks`]),
  ]
}

interface TableDetailsProps {
  readonly table: TablePlan
  /** Its conflicts stand above already. */
  readonly isOnly: boolean
}

function TableDetails({ table, isOnly }: TableDetailsProps) {
  const { columns, changes, conflicts, discarded, missing, forecast } = table
  const changeOf = (name: string) => {
    const change = changes.find(({ column }) => column === name)
    if (change !== undefined)
      return change.kind === 'add-column' ? 'is added' : `${change.from ?? ''} → ${change.to ?? ''}`
    return discarded.includes(name) ? 'left out' : ''
  }
  const ddl = changes.find(({ kind }) => kind === 'create-table')?.ddl
  return (
    <Stack gap="sm">
      {!isOnly &&
        conflicts.map((conflict) => (
          <Alert key={conflict} color="red" icon={<IconAlertTriangle aria-hidden />}>
            {conflict}
          </Alert>
        ))}
      {forecast.length > 0 && (
        <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} title="Values that may not survive">
          <List size="sm">
            {forecast.map(({ column, message }) => (
              <List.Item key={`${column} ${message}`}>
                <b>{column}</b>: {message}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      <DataTable
        label={`Columns of ${table.table}`}
        rows={columns}
        rowKey={({ name }) => name}
        columns={[
          {
            title: 'Column',
            cell: ({ name, nullable }) => (
              <>
                {name}
                {nullable ? '' : ' *'}
              </>
            ),
          },
          { title: 'Source', cell: ({ source_type }) => <Code>{source_type}</Code> },
          { title: 'Destination', cell: ({ target_type }) => <Code>{target_type}</Code> },
          { title: 'Change there', cell: ({ name }) => changeOf(name) },
        ]}
      />
      <Text size="xs" c="dimmed">
        * is never NULL.
        {missing.length > 0 && ` Only the destination has ${missing.join(', ')}: new rows leave it empty.`}
        {discarded.length > 0 && ` Left out: ${discarded.join(', ')}.`}
      </Text>
      {ddl !== undefined && (
        <Code block tabIndex={0} aria-label="Statement that makes the table">
          {ddl}
        </Code>
      )}
    </Stack>
  )
}
