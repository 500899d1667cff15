import { Stack } from '@mantine/core'
import { EmptyState, RoutePending, useEdited, useLeaveGuard } from '../ui/index.ts'
import { formFieldsOf } from './fields.ts'
import { AddressSettings } from './settings/address-settings.tsx'
import { CopyAndTemplate } from './settings/copy-and-template.tsx'
import { GeneralSettings } from './settings/general-settings.tsx'
import { RemoveProject } from './settings/remove-project.tsx'
import { usePermissions } from './use-permissions.ts'
import { useProject } from './use-project.ts'

export function ProjectSettingsPage() {
  const project = useProject()
  const { isKnown, write, delete: isOwner } = usePermissions()
  // One form for all parts: saving one of them must not look like somebody else's change to another.
  const form = useEdited(formFieldsOf(project), project.etag)
  useLeaveGuard(form.hasChanges)
  if (!isKnown) return <RoutePending />
  if (!write) {
    return <EmptyState title="You may not change this project">Ask an owner to make you an editor.</EmptyState>
  }
  return (
    <Stack gap="lg" maw={680}>
      <GeneralSettings form={form} />
      {isOwner && <AddressSettings form={form} />}
      <CopyAndTemplate form={form} />
      {isOwner && <RemoveProject />}
    </Stack>
  )
}
