import { Page } from '../ui/index.ts'

export function RunPage() {
  return <Page title="Run">{null}</Page>
}
