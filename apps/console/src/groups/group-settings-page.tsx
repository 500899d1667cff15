import { Stack } from '@mantine/core'
import { EmptyState, RoutePending } from '../ui/index.ts'
import { GroupSettings } from './group-settings.tsx'
import { RemoveGroup } from './remove-group.tsx'
import { useGroupPermissions } from './use-group.ts'

export function GroupSettingsPage() {
  const { isKnown, delete: isOwner } = useGroupPermissions()
  if (!isKnown) return <RoutePending />
  if (!isOwner) return <EmptyState title="Only owners change a group">Ask an owner of the group.</EmptyState>
  return (
    <Stack gap="lg" maw={640}>
      <GroupSettings />
      <RemoveGroup />
    </Stack>
  )
}
