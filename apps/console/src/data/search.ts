/** Which kind of storage is being set up, and of whom. */
export function newDataSearch(search: Record<string, unknown>): { type?: string; provider?: string } {
  const { type, provider } = search
  return { ...(typeof type === 'string' ? { type } : {}), ...(typeof provider === 'string' ? { provider } : {}) }
}
