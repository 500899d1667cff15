import { Page } from '../ui/index.ts'

export function CompareRunsPage() {
  return <Page title="Compare runs">{null}</Page>
}
