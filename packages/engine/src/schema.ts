import { type Db, migrate } from '@millrace/db'
import { migrations } from './migrations.generated.ts'

/** Brings the schema `engine` of a database to what this version of the code wants. */
export async function migrateEngine(db: Db): Promise<number> {
  return await migrate(db, { schema: 'engine', migrations })
}
