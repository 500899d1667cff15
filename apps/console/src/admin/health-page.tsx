import { Page } from '../ui/index.ts'

export function HealthPage() {
  return <Page title="Health">{null}</Page>
}
