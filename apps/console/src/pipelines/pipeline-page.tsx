import { Page } from '../ui/index.ts'

export function PipelinePage() {
  return <Page title="Pipeline">{null}</Page>
}
