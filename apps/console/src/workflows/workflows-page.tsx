import { Page } from '../ui/index.ts'

export function WorkflowsPage() {
  return <Page title="Workflows">{null}</Page>
}
