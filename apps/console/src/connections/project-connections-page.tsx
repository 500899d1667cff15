import { Page } from '../ui/index.ts'

export function ProjectConnectionsPage() {
  return <Page title="Project connections">{null}</Page>
}
