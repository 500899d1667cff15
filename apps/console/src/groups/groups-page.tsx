import { Page } from '../ui/index.ts'

export function GroupsPage() {
  return <Page title="Groups">{null}</Page>
}
