import { Page } from '../ui/index.ts'

export function CopiesPage() {
  return <Page title="Copy data">{null}</Page>
}
