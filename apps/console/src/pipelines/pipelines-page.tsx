import { Page } from '../ui/index.ts'

export function PipelinesPage() {
  return <Page title="Pipelines">{null}</Page>
}
