import { type Db, migrate } from '@millrace/db'
import { migrateEngine } from '@millrace/engine'
import { migrations } from './migrations.generated.ts'

/** Brings all schemas of the server to what this version of the code wants. Its own ones share one table of versions, in `common`. */
export async function migrateServer(db: Db): Promise<void> {
  await migrateEngine(db)
  await migrate(db, { schema: 'common', migrations })
}
