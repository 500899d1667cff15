import { apiPage } from '../api/index.ts'
import { AuditTrail } from '../audit/index.ts'

export function AuditPage() {
  return <AuditTrail query={(query) => apiPage('/api/audit', { params: { query } })} />
}
