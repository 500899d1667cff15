import { Page } from '../ui/index.ts'

export function QueuesPage() {
  return <Page title="Queues">{null}</Page>
}
