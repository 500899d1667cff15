import { Page } from '../ui/index.ts'

export function NewCopyPage() {
  return <Page title="New copy">{null}</Page>
}
