import { Page } from '../ui/index.ts'

export function CopyPage() {
  return <Page title="Copy">{null}</Page>
}
