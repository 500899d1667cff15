import { Page } from '../ui/index.ts'

export function ConnectionsPage() {
  return <Page title="Connections">{null}</Page>
}
