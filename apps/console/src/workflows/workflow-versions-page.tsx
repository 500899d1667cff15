import { Page } from '../ui/index.ts'

export function WorkflowVersionsPage() {
  return <Page title="Workflow versions">{null}</Page>
}
