/**
 * Replaces the orders of one day, such as one whose orders were corrected later:
 *
 *     node examples/replace-day.ts 2026-01-31
 *
 * Readers see the old rows of that day or the new ones, and all other days stay as they are.
 */
import { CSV, connectorFor, withConnector } from '@millrace/connectors'

const day = process.argv[2] ?? new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
if (!/^\d{4}-\d\d-\d\d$/.test(day)) {
  console.error(`A day such as 2026-01-31 was expected, not "${day}".`)
  process.exit(2)
}

await withConnector(connectorFor('postgres'), async (warehouse) => {
  const query = `select id, customer, amount, ordered_at, status from orders where ordered_at::date = '${day}'`
  await warehouse.replace(query, 'orders', { format: CSV, replaceCondition: `toDate32(ordered_at) = '${day}'` })
})
