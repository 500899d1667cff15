import { Page } from '../ui/index.ts'

export function GroupAuditPage() {
  return <Page title="Group audit">{null}</Page>
}
