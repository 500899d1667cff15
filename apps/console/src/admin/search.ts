import { pageSearch } from '../ui/index.ts'

type Given = Record<string, unknown>

export function usersSearch(search: Given): { page?: number; email?: string } {
  return { ...pageSearch(search), ...(typeof search.email === 'string' ? { email: search.email } : {}) }
}

export function workersSearch(search: Given): { page?: number; ended?: true } {
  return { ...pageSearch(search), ...(search.ended === true ? { ended: true } : {}) }
}
