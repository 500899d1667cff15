import { sql } from '@millrace/db'
import { change } from '../change.ts'
import type { ServerContext } from '../server-context.ts'
import { createPool } from './manage-pools.ts'
import { newPoolSchema } from './schemas.ts'
import { defaultPoolId } from './store.ts'

const storage = { max_storage: 20, default_storage: 5 }

const firstPool = newPoolSchema.parse({
  name: 'default',
  public: true,
  default: true,
  classes: [
    { name: 'small', cpu: 0.5, memory: 1, gpu: 0, ...storage, default: true },
    { name: 'large', cpu: 1, memory: 2, gpu: 0, ...storage, default: false },
  ],
})

/** Makes the default pool where there is none; of servers that start at once one does. */
export async function seedPools({ db, authz }: Pick<ServerContext, 'db' | 'authz'>): Promise<void> {
  if ((await defaultPoolId(db)) !== undefined) return
  await change(db, { id: 'platform:start' }, async (trx) => {
    await trx.execute(sql`lock table compute.pool in share row exclusive mode`)
    if ((await defaultPoolId(trx)) === undefined) await createPool(trx, authz, firstPool)
  })
}
