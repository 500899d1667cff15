import { Page } from '../ui/index.ts'

export function SecretsPage() {
  return <Page title="Secrets">{null}</Page>
}
