import { Page } from '../ui/index.ts'

export function ServicesPage() {
  return <Page title="Connected services">{null}</Page>
}
