import { Page } from '../ui/index.ts'

export function ProjectPipelinesPage() {
  return <Page title="Project pipelines">{null}</Page>
}
