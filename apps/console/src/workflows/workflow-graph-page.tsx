import { Page } from '../ui/index.ts'

export function WorkflowGraphPage() {
  return <Page title="Workflow graph">{null}</Page>
}
