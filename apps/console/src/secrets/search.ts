import { pageSearch } from '../ui/index.ts'

export function secretsSearch(search: Record<string, unknown>): { page?: number; kind?: 'general' | 'storage' } {
  const { kind } = search
  return { ...pageSearch(search), ...(kind === 'general' || kind === 'storage' ? { kind } : {}) }
}
