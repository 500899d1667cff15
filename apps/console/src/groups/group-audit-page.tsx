import { apiPage } from '../api/index.ts'
import { AuditTrail } from '../audit/index.ts'
import { EmptyState } from '../ui/index.ts'
import { useGroup, useGroupPermissions } from './use-group.ts'

export function GroupAuditPage() {
  const { slug } = useGroup()
  const { isKnown, delete: isOwner } = useGroupPermissions()
  if (!isKnown) return null
  if (!isOwner) return <EmptyState title="Only owners see what was changed">Ask an owner of the group.</EmptyState>
  return (
    <AuditTrail query={(query) => apiPage('/api/groups/{group}/audit', { params: { path: { group: slug }, query } })} />
  )
}
