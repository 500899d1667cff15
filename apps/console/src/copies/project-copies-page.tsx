import { Page } from '../ui/index.ts'

export function ProjectCopiesPage() {
  return <Page title="Project copies">{null}</Page>
}
