import { Page } from '../ui/index.ts'

export function GroupMembersPage() {
  return <Page title="Group members">{null}</Page>
}
