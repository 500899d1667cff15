import { pageSearch } from '../ui/index.ts'

type Given = Record<string, unknown>

export function usersSearch(search: Given): { page?: number; search?: string } {
  const text = typeof search.search === 'string' || typeof search.search === 'number' ? `${search.search}` : ''
  return { ...pageSearch(search), ...(text === '' ? {} : { search: text }) }
}

export function workersSearch(search: Given): { page?: number; ended?: true } {
  return { ...pageSearch(search), ...(search.ended === true ? { ended: true } : {}) }
}
