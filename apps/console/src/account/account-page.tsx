import { Page } from '../ui/index.ts'

export function AccountPage() {
  return <Page title="Your account">{null}</Page>
}
