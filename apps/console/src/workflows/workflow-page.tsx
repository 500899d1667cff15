import { Page } from '../ui/index.ts'

export function WorkflowPage() {
  return <Page title="Workflow">{null}</Page>
}
