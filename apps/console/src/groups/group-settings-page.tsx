import { Page } from '../ui/index.ts'

export function GroupSettingsPage() {
  return <Page title="Group settings">{null}</Page>
}
