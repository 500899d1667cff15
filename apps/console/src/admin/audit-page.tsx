import { Page } from '../ui/index.ts'

export function AuditPage() {
  return <Page title="Audit">{null}</Page>
}
