import { Page } from '../ui/index.ts'

export function ProjectPage() {
  return <Page title="Project">{null}</Page>
}
