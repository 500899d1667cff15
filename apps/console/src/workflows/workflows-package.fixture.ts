const packageFile = (version: string) =>
  JSON.stringify({
    name: 'bank',
    version,
    type: 'module',
    dependencies: { '@millrace/workflow': '*' },
  })

const tasks = `
import { Task, type TaskContext } from '@millrace/workflow'

interface Params { readonly count: number }

export class Fetch extends Task<Params> {
  run({ params, log }: TaskContext<Params>) {
    log.info(\`\${params.count} accounts are fetched\`)
  }
}
export class Store extends Task<Params> {
  run() {}
}
export class Notify extends Task<Params> {
  run() {}
}
export class Check extends Task<Params> {
  run() {}
}
`

const workflow = (version: string, nodes: string) => `
import { Workflow, z } from '@millrace/workflow'
import { Check, Fetch, Notify, Store } from './tasks.ts'

export const accounts = new Workflow({
  category: 'bank',
  name: 'accounts',
  version: '${version}',
  title: 'Accounts of the bank',
  description: 'Fetches **all accounts** <script>alert(1)</script>',
  tags: ['ledger'],
  schedule: '0 6 1 * *',
  timezone: 'Europe/Berlin',
  catchup: 'none',
  params: z.object({
    count: z.int().min(1).max(500).describe('How many accounts.'),
    mode: z.enum(['replace', 'append']).default('replace'),
  }),
})
${nodes}
`

/** A workflow in two versions, of which the second has a node more, a node less, and more retries for one. */
export const firstVersion = {
  'package.json': packageFile('1.0.0'),
  'src/tasks.ts': tasks,
  'src/workflows.ts': workflow(
    '1.0.0',
    `  .addNode(Fetch, { id: 'fetch' })
  .addNode(Store, { id: 'store', upstreams: 'fetch' })
  .addNode(Notify, { id: 'notify', upstreams: 'store' })
void Check`,
  ),
}

export const secondVersion = {
  'package.json': packageFile('1.1.0'),
  'src/tasks.ts': tasks,
  'src/workflows.ts': workflow(
    '1.1.0',
    `  .addNode(Fetch, { id: 'fetch' })
  .addNode(Store, { id: 'store', upstreams: 'fetch', retries: 4 })
  .addNode(Check, { id: 'check', upstreams: 'store' })
void Notify`,
  ),
}
