/** Workflows of a shop, whose runs end in every state that there is, as files of a package. */
export const shopPackage: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'shop',
    version: '1.0.0',
    type: 'module',
    dependencies: { '@millrace/operators': '*', '@millrace/workflow': '*' },
  }),
  'src/tasks.ts': `
import { setTimeout as sleep } from 'node:timers/promises'
import { Task, type TaskContext } from '@millrace/workflow'

interface Params { readonly day?: string }

/** Orders of a day, page by page. */
export class ExtractOrders extends Task<Params> {
  async run({ log, heartbeat }: TaskContext<Params>) {
    for (let page = 1; page <= 12; page++) {
      log.info(\`page \${page} of 12: \${page * 250} orders so far\`)
      heartbeat({ done: page * 250, total: 3000, unit: 'rows' })
    }
    log.warn('2 orders have no customer; they are kept as they are')
    return ['BER', 'JFK', 'SFO', 'NRT', 'CDG']
  }
}

/** The first attempt meets a service that is busy. */
export class LoadWarehouse extends Task<Params, string> {
  static override retries = 2
  static override options = { retryDelaySeconds: 0 }
  run({ item, task, log }: TaskContext<Params, string>) {
    if (item === 'JFK' && task.attempt === 1) throw new Error('warehouse JFK: the connection was reset by the other side')
    log.info(\`orders of \${item} are loaded\`)
    return { warehouse: item, orders: item.charCodeAt(0) * 7 }
  }
}

export class CheckTotals extends Task<Params> {
  async run({ outputs, log }: TaskContext<Params>) {
    const loaded = await outputs(LoadWarehouse) as readonly { orders: number }[]
    const orders = loaded.reduce((sum, one) => sum + one.orders, 0)
    log.info(\`\${orders} orders in \${loaded.length} warehouses\`)
    return { orders, warehouses: loaded.length }
  }
}

/** A summary for the people of the shop. */
export class Report extends Task<Params> {
  async run({ output, log }: TaskContext<Params>) {
    log.info(\`report: \${JSON.stringify(await output(CheckTotals))}\`)
  }
}

export class CountStock extends Task {
  run({ log }: TaskContext) {
    log.info('counting 18,204 articles in 5 warehouses')
    return { articles: 18_204 }
  }
}

export class CompareStock extends Task {
  run({ log }: TaskContext) {
    log.error('article 4711: 12 in the books, -3 on the shelf')
    throw new Error('3 articles have less than nothing on the shelf: 4711, 4712, 9003. Correct the books, then run this task again.')
  }
}

export class PublishStock extends Task {
  run() {}
}

/** Works on for as long as it may. */
export class ExportHistory extends Task {
  async run({ log, heartbeat, signal }: TaskContext) {
    for (let done = 640_000; done < 9_000_000; done += 1_250) {
      heartbeat({ done, total: 9_000_000, unit: 'rows' })
      if (done % 12_500 === 0) log.info(\`\${done.toLocaleString('en')} rows are written\`)
      await sleep(250, undefined, { signal })
    }
  }
}

export class RebuildIndex extends Task {
  async run({ log, signal }: TaskContext) {
    log.info('the index is rebuilt')
    await sleep(3_600_000, undefined, { signal })
  }
}
`,
  'src/workflows.ts': `
import { SqlOperator } from '@millrace/operators'
import { Workflow, z } from '@millrace/workflow'
import { CheckTotals, CompareStock, CountStock, ExportHistory, ExtractOrders, LoadWarehouse, PublishStock, RebuildIndex, Report } from './tasks.ts'

export const orders = new Workflow({
  category: 'shop',
  name: 'orders',
  version: '1.2.0',
  title: 'Orders of the day',
  description: 'Takes the orders of a day from the shop, loads them for each warehouse, and **checks the totals**.',
  owner: 'shop-data',
  tags: ['shop', 'daily'],
  schedule: '0 6 * * *',
  timezone: 'Europe/Berlin',
  catchup: 'none',
  params: z.object({
    day: z.iso.date().optional().describe('The day to load. Default: yesterday.'),
    limit: z.int().min(1).max(100_000).default(3000).describe('At most so many orders.'),
    mode: z.enum(['replace', 'append']).default('replace').describe('What becomes of orders that are there.'),
    dryRun: z.boolean().default(false).describe('Check only, load nothing.'),
  }),
})
  .addNode(ExtractOrders, { id: 'extract' })
  .addSpacer('extracted', { upstreams: 'extract' })
  .group('load', { title: 'Load the warehouses', upstreams: 'extracted' }, (load) =>
    load.addNode(LoadWarehouse, { id: 'warehouse', mapOver: 'extract' }).addNode(CheckTotals, { id: 'totals', upstreams: 'warehouse' }),
  )
  .addNode(Report, { id: 'report', upstreams: 'load.totals' })

export const stock = new Workflow({
  category: 'shop',
  name: 'stock',
  version: '0.9.0',
  title: 'Stock of all warehouses',
  owner: 'shop-data',
  tags: ['shop'],
  schedule: '*/30 * * * *',
  timezone: 'UTC',
  catchup: 'none',
})
  .addNode(CountStock, { id: 'count' })
  .addNode(CompareStock, { id: 'compare', upstreams: 'count' })
  .addNode(PublishStock, { id: 'publish', upstreams: 'compare' })

export const history = new Workflow({ category: 'shop', name: 'history', version: '1.0.0', title: 'Export of the whole history', tags: ['export'] })
  .addNode(ExportHistory, { id: 'export' })
  .addNode(Report, { id: 'report', upstreams: 'export', triggerRule: 'all_done' })

export const search = new Workflow({ category: 'shop', name: 'search', version: '2.0.0', title: 'Search index' })
  .addNode(RebuildIndex, { id: 'articles', pool: 'search' })
  .addNode(RebuildIndex, { id: 'customers', pool: 'search' })
  .addNode(new SqlOperator({ connection: 'warehouse', sql: 'select 1 as done' }), { id: 'switch', upstreams: ['articles', 'customers'] })
`,
}

/** Configuration of pipelines, as \`millrace pipelines apply\` takes it. */
export const pipelineConfiguration = `
format: 1
segments: [{ name: retail }]
pipeline_types: [{ name: sales, segment: retail }]
clients: [{ name: acme, brands: [{ name: wonder }, { name: marvel }] }]
templates:
  - name: clean
    description: Takes away what an earlier run left behind.
    operator: sql
    config: { connection: warehouse, sql: "create or replace table {{ variables.table }} (day date, amount int)" }
    variable_structures: { table: { datatype: str, description: The table to begin anew. } }
  - name: sum_up
    description: Sums of each day.
    operator: sql
    config: { connection: warehouse, sql: "insert into {{ variables.table }} select date '2026-01-01', {{ variables.most }}" }
    variable_structures:
      table: { datatype: varchar }
      most: { datatype: int, description: Larger ones are left out. }
  - name: publish
    description: Leaves the sales of each country as a dataset.
    operator: dataset
    config:
      store: datasets
      environment: dev
      branch: trunk
      client: "{{ pipeline.client }}"
      brand: "{{ pipeline.brand }}"
      state: "{{ pipeline.state }}"
      dataset: "{{ variables.dataset }}"
      partitionBy: [country]
      inputs:
        sales:
          connection: warehouse
          sql: "select i as id, ['DE', 'FR', 'US'][1 + i % 3] as country, date '2026-01-01' + (i % 31)::int as day, ((i * 37 % 997) / 10)::decimal(9, 2) as amount, case when i % 7 > 0 then 'Order ' || i end as note from range(3000) t(i)"
    variable_structures: { dataset: { datatype: str, description: Its name. } }
pipelines:
  - name: daily_sales
    description: Sales of the day of Wonder.
    brand: acme/wonder
    type: sales
    run_frequency: daily
    transformations:
      - { state: raw, template: clean, variables: { table: raw_sales } }
      - { state: ingest, template: sum_up, variables: { table: raw_sales, most: 200 } }
      - { state: master, template: publish, variables: { dataset: sales_by_country } }
      - { state: metrics, template: clean, variables: { table: sales_by_day } }
`
