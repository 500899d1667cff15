import { Page } from '../ui/index.ts'

export function ProjectAuditPage() {
  return <Page title="Project audit">{null}</Page>
}
