import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Schema } from '../api/index.ts'
import type { ConsoleUnderTest } from '../testing/browser.fixture.ts'

export const ada = { id: 'ada', firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com' }
export const bob = { id: 'bob', firstName: 'Bob', lastName: 'Fisher', email: 'bob@example.com' }
export const vera = { id: 'vera', firstName: 'Vera', lastName: 'Rubin', email: 'vera@example.com' }

const configuration = `
format: 1
segments: [{ name: retail }]
pipeline_types: [{ name: sales, segment: retail }]
clients: [{ name: acme, brands: [{ name: wonder }] }]
templates:
  - name: clean
    description: Takes away what an earlier run left behind.
    operator: sql
    config: { connection: warehouse, sql: "create or replace table {{ variables.table }} (day date, amount int)" }
    variable_structures: { table: { datatype: str, description: The table to begin anew. } }
  - name: since
    description: Looks at what changed since a time.
    operator: sql
    config: { connection: warehouse, sql: "select '{{ variables.since }}', {{ variables.days }}" }
    variable_structures:
      since: { datatype: datetime, description: Nothing before. }
      days: { datatype: int, description: How many days at once. }
  - name: sum_up
    description: The last step of all.
    state: metrics
    operator: sql
    config: { connection: warehouse, sql: "select 1" }
  - name: publish
    operator: dataset
    config:
      store: lake
      environment: dev
      branch: trunk
      client: "{{ pipeline.client }}"
      brand: "{{ pipeline.brand }}"
      state: "{{ pipeline.state }}"
      dataset: sales
      partitionBy: [country]
      inputs: { sales: { connection: arrived, sql: "select country, amount from sales" } }
pipelines:
  - name: stored
    brand: acme/wonder
    type: sales
    transformations: [{ state: raw, template: publish }]
  - name: shared
    brand: acme/wonder
    type: sales
    is_active: false
    transformations:
      - { state: raw, template: clean, variables: { table: shared_raw } }
      - { state: metrics, template: sum_up }
  - name: typed
    brand: acme/wonder
    type: sales
    is_active: false
    transformations: []
`

/** With these there are more than the API gives at once, and some that the tests are about stand behind them. */
const dated = Array.from(
  { length: 110 },
  (_, at) =>
    `  - { name: dated_${1000 + at}, state: metrics, operator: sql, config: { connection: warehouse, sql: select 1 } }\n`,
).join('')

export interface PipelineWorld {
  readonly projectId: string
  pipeline(name: string): Promise<Schema<'ListedPipeline'>>
}

/** A project with templates and pipelines, one of which runs, whose editors are Ada and Bob and whose viewer is Vera. */
export async function pipelineWorld(served: ConsoleUnderTest): Promise<PipelineWorld> {
  const { api, dev } = served
  await api.post('/api/data/groups', { body: { name: 'Acme', slug: 'acme' } })
  const { id } = await api.post('/api/data/projects', {
    body: { name: 'Shop', namespace: 'acme', visibility: 'private' },
  })
  await api.post('/api/projects/{id}/connections', {
    params: { path: { id } },
    body: { name: 'warehouse', uri: `duckdb://${join(dev.folder, 'warehouse.duckdb')}` },
  })
  const arrived = join(dev.folder, 'arrived')
  await mkdir(arrived)
  await writeFile(join(arrived, 'sales.csv'), 'country,amount\nDE,1\nFR,2\nFR,3\n')
  await api.post('/api/projects/{id}/connections', {
    params: { path: { id } },
    body: { name: 'arrived', connector: 'files', config: { path: `${arrived}/` } },
  })
  await api.post('/api/projects/{id}/connections', {
    params: { path: { id } },
    body: { name: 'lake', connector: 'files', config: { path: `${join(dev.folder, 'lake')}/` } },
  })
  const file = join(dev.folder, 'pipelines.yaml')
  await writeFile(file, configuration.replace('templates:\n', `templates:\n${dated}`))
  await dev.run('pipelines', 'apply', file, '--project', 'acme/shop')
  const [stored] = await api.get('/api/pipelines', { params: { query: { project_id: id, name: 'stored' } } })
  if (stored !== undefined)
    await api.post('/api/pipelines/{id}/runs', { params: { path: { id: stored.id } }, body: {} })
  // Whoever never signed in cannot be made a member.
  for (const person of [ada, bob, vera]) await (await served.openAs(person)).context().close()
  await api.patch('/api/data/projects/{project_id}/members', {
    params: { path: { project_id: id } },
    body: [
      { id: 'ada', role: 'editor' },
      { id: 'bob', role: 'editor' },
      { id: 'vera', role: 'viewer' },
    ],
  })
  return {
    projectId: id,
    async pipeline(name) {
      const found = await api.get('/api/pipelines', { params: { query: { project_id: id, name } } })
      const [one] = found
      if (one === undefined) throw new Error(`There is no pipeline ${name}.`)
      return one
    },
  }
}
