import { Page } from '../ui/index.ts'

export function ProjectWorkflowsPage() {
  return <Page title="Project workflows">{null}</Page>
}
