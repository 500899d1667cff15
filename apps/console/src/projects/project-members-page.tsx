import { Page } from '../ui/index.ts'

export function ProjectMembersPage() {
  return <Page title="Project members">{null}</Page>
}
