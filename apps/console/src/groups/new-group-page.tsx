import { Page } from '../ui/index.ts'

export function NewGroupPage() {
  return <Page title="New group">{null}</Page>
}
