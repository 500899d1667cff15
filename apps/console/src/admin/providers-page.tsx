import { ProviderList } from '../services/index.ts'

export function ProvidersPage() {
  return <ProviderList />
}
