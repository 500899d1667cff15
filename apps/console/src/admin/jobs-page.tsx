import { Page } from '../ui/index.ts'

export function JobsPage() {
  return <Page title="Jobs">{null}</Page>
}
