import { Badge, Group, Text, Tooltip } from '@mantine/core'
import type { Schema } from '../api/index.ts'
import { type Column, DataTable, Moment, RemoveButton } from '../ui/index.ts'
import { browserText } from './browser-text.ts'

type Session = Schema<'SignedInSession'>

interface SessionTableProps {
  readonly label: string
  readonly sessions: readonly Session[]
  /** Of all that there are, when these are the last seen. */
  readonly total: number
  readonly onEnd: (session: Session) => Promise<unknown>
}

/** Browsers that are signed in, each of which can be signed out; this one is by the menu of the person. */
export function SessionTable({ label, sessions, total, onEnd }: SessionTableProps) {
  const end: Column<Session> = {
    title: 'Actions',
    align: 'right',
    cell: (session) =>
      !session.current && (
        <RemoveButton
          title={`Sign out ${browserText(session.user_agent)}`}
          text="Whoever uses that browser has to sign in again. What was not saved there is lost."
          action="Sign out"
          onRemove={async () => await onEnd(session)}
        />
      ),
  }
  return (
    <>
      <DataTable
        label={label}
        rows={sessions}
        rowKey={({ id }) => id}
        columns={[
          {
            title: 'Browser',
            cell: ({ user_agent, current }) => (
              <Group gap="xs">
                <Tooltip label={user_agent} disabled={user_agent === undefined} multiline maw={420}>
                  <Text size="sm">{browserText(user_agent)}</Text>
                </Tooltip>
                {current && <Badge variant="light">this one</Badge>}
              </Group>
            ),
          },
          { title: 'Signed in from', isSecondary: true, cell: ({ address }) => address ?? '–' },
          {
            title: 'Signed in',
            isSecondary: true,
            align: 'right',
            cell: ({ created_at }) => <Moment at={created_at} />,
          },
          { title: 'Last seen', align: 'right', cell: ({ seen_at }) => <Moment at={seen_at} /> },
          ...(sessions.every(({ current }) => current) ? [] : [end]),
        ]}
      />
      {total > sessions.length && (
        <Text size="sm" c="dimmed">
          And {total - sessions.length} more that were seen earlier.
        </Text>
      )}
    </>
  )
}
