import { ActionIcon, Button, Group, Stack, Text, Title } from '@mantine/core'
import { IconPencil, IconTrash } from '@tabler/icons-react'
import { type UseQueryResult, useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { confirm, DataTable, EmptyState, Loaded, Moment } from '../../ui/index.ts'
import { RecordDialog } from './record-dialog.tsx'
import { deleteRecord, type Kind, nouns, type Record } from './records.ts'

interface RecordTableProps<One extends Record> {
  readonly kind: Kind
  readonly title: string
  /** What they are for. */
  readonly about: string
  readonly projectId: string
  readonly query: UseQueryResult<One[], Error>
  /** Name of the client or segment of one. */
  readonly parentOf?: (record: One) => string | undefined
  readonly parentTitle?: string
  readonly mayWrite: boolean
}

/** Records of one kind, which may be made, renamed, and removed while nothing uses them. */
export function RecordTable<One extends Record>({
  kind,
  title,
  about,
  projectId,
  query,
  parentOf,
  parentTitle = '',
  mayWrite,
}: RecordTableProps<One>) {
  const [open, setOpen] = useState<{ readonly record?: One }>()
  const remove = useMutation({ mutationFn: async ({ id }: Record) => await deleteRecord(kind, id) })
  const noun = nouns[kind]
  const askToRemove = async (record: One) => {
    const isSure = await confirm({
      title: `Remove the ${noun} ${record.name}?`,
      text: 'It is removed only when nothing uses it any more.',
      action: 'Remove',
    })
    if (isSure) remove.mutate(record)
  }
  const parent = open?.record === undefined ? undefined : parentOf?.(open.record)
  return (
    <Stack gap="xs" component="section" aria-label={title}>
      <Group justify="space-between" align="flex-end">
        <div>
          <Title order={2}>{title}</Title>
          <Text size="sm" c="dimmed">
            {about}
          </Text>
        </div>
        {mayWrite && (
          <Button size="xs" variant="default" onClick={() => setOpen({})}>
            New {noun}
          </Button>
        )}
      </Group>
      <Loaded query={query} lines={2}>
        {(records) =>
          records.length === 0 ? (
            <EmptyState title={`No ${title.toLowerCase()} yet`} />
          ) : (
            <DataTable
              label={title}
              rows={records}
              rowKey={({ id }) => id}
              columns={[
                { title: 'Name', cell: ({ name }) => <Text size="sm">{name}</Text> },
                ...(parentOf === undefined
                  ? []
                  : [{ title: parentTitle, cell: (one: One) => <Text size="sm">{parentOf(one) ?? '–'}</Text> }]),
                {
                  title: 'Display name',
                  isSecondary: true,
                  cell: ({ display_name }) => <Text size="sm">{display_name ?? '–'}</Text>,
                },
                {
                  title: 'Changed',
                  isSecondary: true,
                  align: 'right',
                  cell: ({ updated_at }) => <Moment at={updated_at} />,
                },
                ...(mayWrite
                  ? [
                      {
                        title: 'Actions',
                        align: 'right' as const,
                        cell: (record: One) => (
                          <Group gap={2} justify="flex-end" wrap="nowrap">
                            <ActionIcon
                              variant="subtle"
                              aria-label={`Change ${record.name}`}
                              onClick={() => setOpen({ record })}
                            >
                              <IconPencil size={16} aria-hidden />
                            </ActionIcon>
                            <ActionIcon
                              variant="subtle"
                              color="red"
                              aria-label={`Remove ${record.name}`}
                              loading={remove.isPending && remove.variables.id === record.id}
                              onClick={() => void askToRemove(record)}
                            >
                              <IconTrash size={16} aria-hidden />
                            </ActionIcon>
                          </Group>
                        ),
                      },
                    ]
                  : []),
              ]}
            />
          )
        }
      </Loaded>
      {open !== undefined && (
        <RecordDialog
          kind={kind}
          projectId={projectId}
          record={open.record}
          parent={parent}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Stack>
  )
}
