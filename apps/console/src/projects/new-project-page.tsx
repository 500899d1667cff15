import { Page } from '../ui/index.ts'

export function NewProjectPage() {
  return <Page title="New project">{null}</Page>
}
