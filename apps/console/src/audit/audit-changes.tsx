import { Table, Text } from '@mantine/core'
import type { Schema } from '../api/index.ts'
import styles from './audit.module.css'
import { type Change, changesOf, valueText } from './changes.ts'

/** Field by field, what was and what became. */
export function AuditChanges({ event }: { readonly event: Schema<'AuditEvent'> }) {
  const changes = changesOf(event.before, event.after)
  if (changes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing that people set differs.
      </Text>
    )
  }
  const hasBefore = event.before !== undefined
  const hasAfter = event.after !== undefined
  return (
    <Table.ScrollContainer minWidth={0}>
      <Table aria-label="Fields" verticalSpacing={4} className={styles.fields ?? ''}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Field</Table.Th>
            {hasBefore && <Table.Th>Before</Table.Th>}
            {hasAfter && <Table.Th>{event.action === 'read' ? 'Given' : 'After'}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {changes.map((change) => (
            <Table.Tr key={change.field}>
              <Table.Td className={styles.field ?? ''}>{change.field}</Table.Td>
              {hasBefore && <ValueCell change={change} side="before" isChange={hasAfter} />}
              {hasAfter && <ValueCell change={change} side="after" isChange={hasBefore} />}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

interface ValueCellProps {
  readonly change: Change
  readonly side: 'before' | 'after'
  readonly isChange: boolean
}

function ValueCell({ change, side, isChange }: ValueCellProps) {
  const value = change[side]
  const text = valueText(value)
  const isWord = value === undefined || value === null || value === ''
  const Mark = side === 'before' ? 'del' : 'ins'
  return (
    <Table.Td className={styles.value ?? ''}>
      {isWord ? (
        <Text span size="sm" c="dimmed" fs="italic">
          {text}
        </Text>
      ) : isChange ? (
        <Mark className={styles[side] ?? ''}>{text}</Mark>
      ) : (
        text
      )}
    </Table.Td>
  )
}

/** The changes of an event in one line, for the list. */
export function changesLine(event: Schema<'AuditEvent'>): string {
  const changes = changesOf(event.before, event.after)
  const isUpdate = event.before !== undefined && event.after !== undefined
  const some = isUpdate ? changes : changes.filter(({ field }) => telling.includes(field))
  const texts = some
    .slice(0, 3)
    .map(({ field, before, after }) =>
      isUpdate ? `${field}: ${short(before)} → ${short(after)}` : `${field}: ${short(after ?? before)}`,
    )
  if (texts.length === 0) return event.entity_id
  return [...texts, ...(some.length > 3 ? [`and ${some.length - 3} more`] : [])].join(' · ')
}

/** What people know a thing by. */
const telling = [
  'name',
  'slug',
  'title',
  'email',
  'relation',
  'subject_id',
  'task',
  'workflow',
  'state',
  'method',
  'address',
  'source_url',
  'slots',
]

function short(value: unknown): string {
  const text = valueText(value)
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}
