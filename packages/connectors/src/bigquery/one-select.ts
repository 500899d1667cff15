import { ConfigError } from '@millrace/core'
import { trimQuery } from '../kit/row-source.ts'
import type { Client } from './client.ts'
import type { Field } from './types.ts'

/** @throws ConfigError `STATEMENT_FAILED` */
export function refuseOthers(statementType: string): void {
  if (statementType === 'SELECT') return
  throw new ConfigError('STATEMENT_FAILED', {
    message: `What is read is one SELECT; this is ${statementType || 'none'}. Use execute for statements that change something.`,
  })
}

export const selectFrom = (query: string) => `SELECT * FROM (\n${trimQuery(query)})`

/**
 * The fields of `selectFrom(query)`. BigQuery runs scripts, so a query could close the parentheses around it and
 * go on with statements of its own: the dry run says when it does.
 *
 * @throws ConfigError `STATEMENT_FAILED`
 */
export async function fieldsOfSelect(client: Client, query: string, signal?: AbortSignal): Promise<readonly Field[]> {
  const { statementType, schema } = await client.dryRun(selectFrom(query), signal)
  refuseOthers(statementType)
  return schema
}
