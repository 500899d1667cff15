import { Page } from '../ui/index.ts'

export function WorkersPage() {
  return <Page title="Workers">{null}</Page>
}
