import { Page } from '../ui/index.ts'

export function TokensPage() {
  return <Page title="Tokens">{null}</Page>
}
