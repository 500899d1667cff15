/** Whether the server answers; told by whoever did not reach it, and looked after until it does again. */
export const connection = createConnection()

const lookMs = { first: 500, longest: 5000 }

function createConnection() {
  let isLost = false
  const listeners = new Set<() => void>()
  const backAgain = new Set<() => void>()
  const set = (lost: boolean) => {
    isLost = lost
    for (const listener of listeners) listener()
  }
  const answers = async () => (await fetch('/api/ready', { cache: 'no-store' }).catch(() => undefined))?.ok === true
  const look = async (delayMs: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    if (!(await answers())) return await look(Math.min(delayMs * 2, lookMs.longest))
    set(false)
    for (const listener of backAgain) listener()
  }
  const lost = () => {
    if (isLost) return
    set(true)
    void look(lookMs.first)
  }
  return {
    isLost: () => isLost,
    lost,
    /** A stream broke, as streams do behind proxies; that need not be the server. */
    async doubt(): Promise<void> {
      if (!(await answers())) lost()
    },
    /** Hears that it was lost, or is there again. */
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onBack(listener: () => void): void {
      backAgain.add(listener)
    },
  }
}
