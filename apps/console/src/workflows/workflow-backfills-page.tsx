import { Page } from '../ui/index.ts'

export function WorkflowBackfillsPage() {
  return <Page title="Workflow backfills">{null}</Page>
}
