import { randomUUID } from 'node:crypto'
import { ConfigError } from '@millrace/core'
import { type Holder, isRunning, thisProcess } from '../kit/lock-target.ts'
import type { Session } from './session.ts'
import { addEvent, type Records, readEvents } from './sink-records.ts'
import { quoteText } from './sql-text.ts'

interface Owner extends Holder {
  readonly id: string
}

/** Owners of this process that have not let go. */
const held = new Set<string>()

const beatMilliseconds = 5_000
/** Without a sign of life for so long, in seconds by the server's clock, an owner on another machine is gone. */
const silence = 30

export interface Lease {
  /** Before the load's record goes, and all signs of life with it: there are no more of them. */
  stop(): Promise<void>
  /** Lets another process have the load; after `stop` there is nothing left to tell it. */
  release(): Promise<void>
}

/**
 * Keeps every other process from running the same load; ClickHouse has no locks that would. Who comes
 * writes a claim and reads all claims: of those alive, the first holds. Alive is who has written lately and,
 * on this machine, still runs.
 */
export async function claimLoad(session: Session, records: Records, key: string): Promise<Lease> {
  const own: Owner = { ...(await thisProcess()), id: randomUUID() }
  await refuseRunning(session, records, key, own)
  held.add(own.id)
  try {
    await addEvent(session.http, records, key, 'claim', own)
    await refuseRunning(session, records, key, own)
  } catch (error) {
    held.delete(own.id)
    await addEvent(session.http, records, key, 'release', own).catch(() => {})
    throw error
  }
  let stopped = false
  let beating: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    beating = beating.then(() => addEvent(session.http, records, key, 'beat', own)).catch(() => {})
  }, beatMilliseconds)
  timer.unref()
  const stop = async () => {
    stopped = true
    clearInterval(timer)
    await beating
  }
  return {
    stop,
    async release() {
      const forgotten = stopped
      await stop()
      held.delete(own.id)
      if (!forgotten) await addEvent(session.http, records, key, 'release', own)
    },
  }
}

/** Who holds a load now. */
export async function loadHolder(session: Session, records: Records, key: string): Promise<Owner | null> {
  const where = `load_key = ${quoteText(key)} AND kind IN ('claim', 'beat', 'release')`
  const owners = new Map<string, { owner: Owner; age: number }>()
  for (const { kind, payload, age } of await readEvents(session, records, where)) {
    const owner = JSON.parse(payload) as Owner
    if (kind === 'release') owners.delete(owner.id)
    else if (kind === 'claim' || owners.has(owner.id)) owners.set(owner.id, { owner, age })
  }
  for (const { owner, age } of owners.values()) if (await isAlive(owner, age)) return owner
  return null
}

async function isAlive(owner: Owner, age: number): Promise<boolean> {
  const running = owner.pid === process.pid && held.has(owner.id) ? true : await isRunning(owner)
  if (running === null) return age < silence
  return running && (owner.pid !== process.pid || held.has(owner.id))
}

async function refuseRunning(session: Session, records: Records, key: string, own: Owner): Promise<void> {
  const holder = await loadHolder(session, records, key)
  if (holder === null || holder.id === own.id) return
  throw new ConfigError('LOAD_RUNNING', {
    message: `The same load is running in another process (pid ${holder.pid} on ${holder.host}). Wait for it to end, or stop it; after a crash on another machine it counts as gone within ${silence} seconds.`,
    details: { key, pid: holder.pid, host: holder.host },
  })
}
