import { Page } from '../ui/index.ts'

export function WorkflowSchedulePage() {
  return <Page title="Workflow schedule">{null}</Page>
}
