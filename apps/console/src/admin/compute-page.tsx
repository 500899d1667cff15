import { Page } from '../ui/index.ts'

export function ComputePage() {
  return <Page title="Compute">{null}</Page>
}
