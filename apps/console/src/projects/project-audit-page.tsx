import { apiPage } from '../api/index.ts'
import { AuditTrail } from '../audit/index.ts'
import { EmptyState } from '../ui/index.ts'
import { usePermissions } from './use-permissions.ts'
import { useProject } from './use-project.ts'

export function ProjectAuditPage() {
  const { id } = useProject()
  const { isKnown, delete: isOwner } = usePermissions()
  if (!isKnown) return null
  if (!isOwner) return <EmptyState title="Only owners see what was changed">Ask an owner of the project.</EmptyState>
  return (
    <AuditTrail
      query={(query) => apiPage('/api/projects/{project_id}/audit', { params: { path: { project_id: id }, query } })}
    />
  )
}
