import { Page } from '../ui/index.ts'

export function NewConnectionPage() {
  return <Page title="New connection">{null}</Page>
}
