import { ActionIcon, Badge, Collapse, Group, Stack, Table, Text, VisuallyHidden } from '@mantine/core'
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useId, useState } from 'react'
import type { Schema } from '../api/index.ts'
import { CopyText, Moment, UserName } from '../ui/index.ts'
import styles from './audit.module.css'
import { AuditChanges, changesLine } from './audit-changes.tsx'
import { deedOf, kindText } from './kinds.ts'

type AuditEvent = Schema<'AuditEvent'>

/** Who changed what, when, with the fields before and after below each line. */
export function AuditTable({ events }: { readonly events: readonly AuditEvent[] }) {
  return (
    <Table.ScrollContainer
      minWidth={0}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': 'Audit events', role: 'region' } }}
    >
      <Table aria-label="Audit events" verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40}>
              <VisuallyHidden>Details</VisuallyHidden>
            </Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th visibleFrom="sm">Who</Table.Th>
            <Table.Th visibleFrom="md">Changes</Table.Th>
            <Table.Th ta="right">When</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {events.map((event) => (
            <EventRows key={event.id} event={event} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function EventRows({ event }: { readonly event: AuditEvent }) {
  const [isOpen, setOpen] = useState(false)
  const id = useId()
  const { label, color } = deedOf(event)
  const entity = kindText(event.entity)
  const Icon = isOpen ? IconChevronDown : IconChevronRight
  return (
    <>
      <Table.Tr>
        <Table.Td>
          <ActionIcon
            variant="subtle"
            size="sm"
            aria-expanded={isOpen}
            aria-controls={id}
            aria-label={`Details of event ${event.id}: ${entity} ${label}`}
            onClick={() => setOpen(!isOpen)}
          >
            <Icon size={16} aria-hidden />
          </ActionIcon>
        </Table.Td>
        <Table.Td>
          <Group gap="xs">
            <Text size="sm" fw={600}>
              {entity}
            </Text>
            <Badge variant="light" color={color} miw="max-content">
              {label}
            </Badge>
          </Group>
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            <UserName id={event.actor} />
          </Text>
        </Table.Td>
        <Table.Td visibleFrom="sm">
          <UserName id={event.actor} />
        </Table.Td>
        <Table.Td visibleFrom="md">
          <Text size="sm" lineClamp={2} className={styles.line ?? ''}>
            {changesLine(event)}
          </Text>
        </Table.Td>
        <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
          <Moment at={event.at} />
        </Table.Td>
      </Table.Tr>
      <Table.Tr id={id} hidden={!isOpen}>
        <Table.Td colSpan={5} py={isOpen ? 'xs' : 0}>
          <Collapse expanded={isOpen}>
            {isOpen && (
              <Stack gap={4}>
                <AuditChanges event={event} />
                <Group gap="lg">
                  <Named name="Id" value={event.entity_id} />
                  <Named name="By" value={event.actor} />
                  {event.request_id !== undefined && <Named name="Request" value={event.request_id} />}
                </Group>
              </Stack>
            )}
          </Collapse>
        </Table.Td>
      </Table.Tr>
    </>
  )
}

function Named({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Text size="xs" c="dimmed" className={styles.line ?? ''}>
        {name} {value}
      </Text>
      <CopyText value={value} label={`Copy ${name.toLowerCase()} ${value}`} />
    </Group>
  )
}
