export { AuditTable } from './audit-table.tsx'
export { AuditTrail } from './audit-trail.tsx'
export { type AuditSearch, auditSearch } from './search.ts'
