import { type Sql, sql, type Trx } from '@millrace/db'
import { findWorkflow } from '@millrace/engine'

/**
 * Keeps a workflow that `where` holds for, on `engine.workflow w`, as it is until the transaction ends, and answers its id. Whoever
 * makes a run of it waits.
 *
 * @throws DataError `WORKFLOW_MISSING`
 */
export async function lockWorkflow(trx: Trx, name: string, where: Sql): Promise<number> {
  await trx.execute(sql`select from engine.workflow w where w.name = ${name} and ${where} for update of w`)
  return (await findWorkflow(trx, name, { where })).id
}
