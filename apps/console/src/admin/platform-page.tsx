import { Page } from '../ui/index.ts'

export function PlatformPage() {
  return <Page title="Platform">{null}</Page>
}
