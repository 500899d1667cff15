/**
 * Appends the orders that are new since the last run. Run it as often as you like: what is there is not
 * sent again. It is told where to go by PGHOST and the other variables of PostgreSQL, and by TB_CDK_TOKEN,
 * TB_CDK_TAG and TB_CDK_ENDPOINT.
 */
import { CSV, connectorFor, withConnector } from '@millrace/connectors'

const dataSource = 'orders'

await withConnector(connectorFor('postgres'), async (warehouse) => {
  const known = (await warehouse.tinybird.dataSource(dataSource)) !== null
  const newest = known
    ? await warehouse.queryTb(`SELECT if(count() = 0, NULL, max(ordered_at)) FROM ${dataSource}`, { scalar: true })
    : null
  const since = newest === null ? '' : `where ordered_at > '${newest}'`
  const query = `select id, customer, amount, ordered_at, status from orders ${since}`
  await warehouse.append(query, dataSource, { format: CSV })
})
