import { Page } from '../ui/index.ts'

export function ConnectionPage() {
  return <Page title="Connection">{null}</Page>
}
