import { Page } from '../ui/index.ts'

export function RepositoriesPage() {
  return <Page title="Repositories">{null}</Page>
}
