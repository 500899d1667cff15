import { pageSearch } from '../ui/index.ts'

type Given = Record<string, unknown>

/** Of a new copy: the connection that it was begun from. */
export function newCopySearch({ from }: Given): { from?: string } {
  return typeof from === 'string' ? { from } : {}
}

/** Of the page of a copy: its open part, and the run that is looked at. */
export function copySearch(search: Given): { tab?: string; run?: string; page?: number } {
  const { tab, run } = search
  return {
    ...pageSearch(search),
    ...(typeof tab === 'string' ? { tab } : {}),
    // Ids look like numbers, and are read as such from the address.
    ...(typeof run === 'string' || typeof run === 'number' ? { run: `${run}` } : {}),
  }
}
