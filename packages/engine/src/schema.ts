import { type Db, migrate, migrateOutbox } from '@millrace/db'
import { migrations } from './migrations.generated.ts'

/** Brings the schemas `engine` and `outbox` of a database to what this version of the code wants. */
export async function migrateEngine(db: Db): Promise<number> {
  return (await migrateOutbox(db)) + (await migrate(db, { schema: 'engine', migrations }))
}
