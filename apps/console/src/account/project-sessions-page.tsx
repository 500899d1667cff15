import { Page } from '../ui/index.ts'

export function ProjectSessionsPage() {
  return <Page title="Project sessions">{null}</Page>
}
