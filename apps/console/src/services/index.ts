export { ProviderList } from './provider-list.tsx'
