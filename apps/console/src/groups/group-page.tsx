import { Page } from '../ui/index.ts'

export function GroupPage() {
  return <Page title="Group">{null}</Page>
}
