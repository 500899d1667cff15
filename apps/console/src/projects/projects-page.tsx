import { Page } from '../ui/index.ts'

export function ProjectsPage() {
  return <Page title="Projects">{null}</Page>
}
