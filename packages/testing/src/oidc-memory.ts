import type { Adapter, AdapterPayload } from 'oidc-provider'

/** What an issuer remembers, for as long as the process lives; it outlives a change of keys. */
export function oidcMemory(): (model: string) => Adapter {
  const entries = new Map<string, AdapterPayload>()
  return (model) => {
    const find = (matches: (payload: AdapterPayload) => boolean) =>
      [...entries].find(([key, payload]) => key.startsWith(`${model}:`) && matches(payload))?.[1]
    return {
      upsert: async (id, payload) => void entries.set(`${model}:${id}`, payload),
      find: async (id) => entries.get(`${model}:${id}`),
      findByUid: async (uid) => find((payload) => payload.uid === uid),
      findByUserCode: async (userCode) => find((payload) => payload.userCode === userCode),
      async consume(id) {
        const payload = entries.get(`${model}:${id}`)
        if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000)
      },
      destroy: async (id) => void entries.delete(`${model}:${id}`),
      async revokeByGrantId(grantId) {
        for (const [key, payload] of entries) if (payload.grantId === grantId) entries.delete(key)
      },
    }
  }
}
