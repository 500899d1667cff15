import { Button, Select, Text } from '@mantine/core'
import { useState } from 'react'
import { useUser } from '../api/index.ts'
import { type Column, confirm, DataTable } from '../ui/index.ts'
import { PersonName } from './person-name.tsx'
import { type Member, memberName, type Role, roles } from './roles.ts'

interface MemberTableProps {
  /** Of what they are members: "Members of the project". */
  readonly label: string
  /** "the project Shop". */
  readonly of: string
  readonly members: readonly Member[]
  /** Missing: the person may only look. Both settle when the server has answered. */
  readonly onRole?: (member: Member, role: Role) => Promise<unknown>
  readonly onRemove?: (member: Member) => Promise<unknown>
}

/** People with their roles. The last owner stays one. */
export function MemberTable({ label, of, members, onRole, onRemove }: MemberTableProps) {
  const { id: self, is_admin } = useUser()
  // One change after the other: the answer to each is what the next one starts from.
  const [busy, setBusy] = useState<string | null>(null)
  const owners = members.filter(({ role }) => role === 'owner').length
  const isLastOwner = ({ role }: Member) => role === 'owner' && owners === 1
  const during = async (member: Member, change: () => Promise<unknown>) => {
    setBusy(member.id)
    // What failed is shown by whoever made the change.
    await change().catch(() => {})
    setBusy(null)
  }
  const setRole = async (member: Member, role: Role) => {
    if (role === member.role || onRole === undefined) return
    const isGivingUp = member.id === self && member.role === 'owner' && !is_admin
    const isSure =
      !isGivingUp ||
      (await confirm({
        title: 'Give up being an owner?',
        text: `You would be ${role} of ${of}. Only another owner can make you an owner again.`,
        action: `Become ${role}`,
      }))
    if (isSure) await during(member, async () => await onRole(member, role))
  }
  const remove = async (member: Member) => {
    const isSelf = member.id === self
    const isSure = await confirm({
      title: isSelf ? `Leave ${of}?` : `Remove ${memberName(member)}?`,
      text: isSelf
        ? 'Only an owner can let you in again.'
        : `${memberName(member)} would no longer be ${member.role} of ${of}, and see it only where another role or its visibility lets them.`,
      action: isSelf ? 'Leave' : 'Remove',
    })
    if (isSure && onRemove !== undefined) await during(member, async () => await onRemove(member))
  }
  const columns: Column<Member>[] = [
    { title: 'Person', cell: (member) => <PersonName member={member} isSelf={member.id === self} /> },
    {
      title: 'Role',
      cell: (member) =>
        onRole === undefined || isLastOwner(member) ? (
          <Text size="sm">
            {member.role}
            {onRole !== undefined && (
              <Text span size="xs" c="dimmed" ml={6}>
                the last one
              </Text>
            )}
          </Text>
        ) : (
          <Select
            size="xs"
            w={110}
            aria-label={`Role of ${memberName(member)}`}
            allowDeselect={false}
            data={[...roles]}
            value={member.role}
            disabled={busy !== null}
            onChange={(role) => role !== null && void setRole(member, role as Role)}
          />
        ),
    },
    ...(onRemove === undefined
      ? []
      : [
          {
            title: 'Remove',
            align: 'right' as const,
            cell: (member: Member) =>
              !isLastOwner(member) && (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  aria-label={`Remove ${memberName(member)}`}
                  loading={busy === member.id}
                  disabled={busy !== null}
                  onClick={() => void remove(member)}
                >
                  Remove
                </Button>
              ),
          },
        ]),
  ]
  return <DataTable label={label} rows={members} rowKey={({ id }) => id} columns={columns} />
}
