import { Page } from '../ui/index.ts'

export function ProjectSecretsPage() {
  return <Page title="Project secrets">{null}</Page>
}
