import { Page } from '../ui/index.ts'

export function ProjectSettingsPage() {
  return <Page title="Project settings">{null}</Page>
}
