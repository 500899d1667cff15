import { Page } from '../ui/index.ts'

export function UsersPage() {
  return <Page title="Users">{null}</Page>
}
