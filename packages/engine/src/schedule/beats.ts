import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Queryable, sql } from '@millrace/db'

/** How often a scheduler says that it lives. */
export const beatEveryMs = 10_000

export interface Beats {
  beat(): Promise<void>
  /** It runs no more, and nobody is to miss it. */
  end(): Promise<void>
}

/** By which people see that a scheduler runs, and where. Forgets those that were killed, minutes after they were heard of last. */
export function schedulerBeats(db: Queryable): Beats {
  const id = randomUUID()
  return {
    async beat() {
      await db.execute(sql`
        insert into engine.scheduler (id, host, pid) values (${id}, ${hostname()}, ${process.pid})
        on conflict (id) do update set seen_at = now()`)
      await db.execute(sql`delete from engine.scheduler where seen_at < now() - interval '5 minutes'`)
    },
    async end() {
      await db.execute(sql`delete from engine.scheduler where id = ${id}`)
    },
  }
}
