import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client, components } from '@millrace/client'
import { deployPackage } from './deploy-package.ts'
import type { Dev } from './dev.fixture.ts'
import { pipelineConfiguration, shopPackage } from './seed-package.ts'

/** Names and ids of what `seed` made, for addresses of pages. */
export interface World {
  readonly namespace: string
  readonly group: string
  readonly project: { readonly id: string; readonly slug: string }
  /** A project with little in it. */
  readonly other: { readonly id: string; readonly slug: string }
  /** Name of a connection of the project. */
  readonly connection: string
  readonly copy: string
  readonly pipeline: string
  /** Of the pipeline: the transformation that publishes it. */
  readonly dataset: string
  readonly workflow: string
  /** Id of a data connector of the project. */
  readonly dataConnector: string
  /** Ids of runs by what became of them. */
  readonly runs: Readonly<Record<'success' | 'failed' | 'running' | 'waiting' | 'cancelled', string>>
}

interface SeedOptions {
  /** Ids of users who become editor and viewer. Default: nobody. */
  readonly members?: readonly string[]
  /** Hears what is being made. */
  readonly onStep?: (text: string) => void
}

type RunState = components['schemas']['Run']['state']

/** Fills a platform with what an ordinary company has in it. Takes `millrace dev --slots 6` or more: some runs never end. */
export async function seed(dev: Dev, { members = [], onStep = () => {} }: SeedOptions = {}): Promise<World> {
  const { api } = dev
  onStep('a group, projects, connections')
  const group = await api.post('/api/data/groups', {
    body: { name: 'Acme', slug: 'acme', description: 'Everything for people who buy things.' },
  })
  const namespace = group.slug
  const project = await api.post('/api/data/projects', { body: shopProject(namespace) })
  const other = await api.post('/api/data/projects', {
    body: {
      name: 'Research',
      namespace,
      description: 'Trials that may fail.',
      keywords: ['trial'],
      visibility: 'public',
    },
  })
  const roles = members.map((id, at) => ({ id, role: at === 0 ? ('editor' as const) : ('viewer' as const) }))
  if (roles.length > 0) {
    await api.patch('/api/data/groups/{slug}/members', { params: { path: { slug: namespace } }, body: roles })
  }
  await seedConnections(dev, project.id, namespace)
  await seedSettings(api, project.id)
  const dataConnector = await seedDataConnector(api, project.id, `${namespace}/${project.slug}`)

  onStep('workflows and a pipeline')
  await deployPackage(dev, shopPackage, '--project', `${namespace}/${project.slug}`)
  const file = join(dev.folder, 'pipelines.yaml')
  await writeFile(file, pipelineConfiguration)
  await dev.run('pipelines', 'apply', file, '--project', `${namespace}/${project.slug}`)
  const [pipeline] = await api.get('/api/pipelines', { params: { query: { project_id: project.id } } })

  onStep('runs in every state')
  const publishing = await api.post('/api/pipelines/{id}/runs', {
    params: { path: { id: pipeline?.id ?? '' } },
    body: {},
  })
  const runs = await seedRuns(api)
  await ended(api, publishing.workflow, publishing.run_id, 'success')
  const copied = await api.post('/api/workflows/{workflow}/runs', {
    params: { path: { workflow: 'copy-orders' } },
    body: {},
  })
  await ended(api, 'copy-orders', copied.id, 'success')
  await api.post('/api/data/user/preferences/pinned_projects', {
    body: { project_slug: `${namespace}/${project.slug}` },
  })
  return {
    ...{ namespace, group: namespace, connection: 'warehouse', copy: 'orders', workflow: 'shop_orders', runs },
    project: { id: project.id, slug: project.slug },
    other: { id: other.id, slug: other.slug },
    pipeline: pipeline?.id ?? '',
    dataConnector,
    dataset: pipeline?.transformations.find(({ template }) => template === 'publish')?.id ?? '',
  }
}

function shopProject(namespace: string) {
  return {
    ...{ name: 'Shop', namespace, visibility: 'private' as const, keywords: ['orders', 'stock'] },
    description: 'Orders, stock and what people search for.',
    repositories: ['https://git.example.com/acme/shop.git'],
    documentation:
      '# Shop\n\nOrders arrive **every morning** and are loaded for each warehouse.\n\n| Workflow | When |\n| --- | --- |\n| `shop_orders` | 06:00 in Berlin |\n| `shop_stock` | every half hour |\n\n1. Look at the runs.\n2. Ask in the channel of the shop.\n',
  }
}

/** A folder of files and a DuckDB file, which need no server, and a copy from the one to the other. */
async function seedConnections({ api, folder }: Dev, id: string, slug: string): Promise<void> {
  const lake = join(folder, 'lake')
  await mkdir(lake)
  const rows = Array.from({ length: 5000 }, (_, at) => `${at + 1},${['BER', 'JFK', 'SFO'][at % 3]},${(at % 97) + 0.5}`)
  await writeFile(join(lake, 'orders.csv'), `id,warehouse,price\n${rows.join('\n')}\n`)
  const params = { path: { id } }
  await api.post('/api/projects/{id}/connections', {
    params,
    body: { name: 'lake', description: 'Files that partners send.', connector: 'files', config: { path: `${lake}/` } },
  })
  await api.post('/api/projects/{id}/connections', {
    params,
    body: {
      name: 'datasets',
      description: 'What pipelines publish.',
      connector: 'files',
      config: { path: `${join(folder, 'datasets')}/` },
    },
  })
  await api.post('/api/projects/{id}/connections', {
    params,
    body: {
      name: 'warehouse',
      description: 'Where it all ends up.',
      uri: `duckdb://${join(folder, 'warehouse.duckdb')}`,
    },
  })
  await api.post('/api/projects/{id}/connections', {
    params,
    body: {
      name: 'shop',
      connector: 'postgres',
      config: { host: 'db.example.com', user: 'loader', password: 'seeded' },
    },
  })
  await api.post('/api/namespaces/{slug}/connections', {
    params: { path: { slug } },
    body: { name: 'mail', connector: 'slack', config: { webhook_url: 'https://hooks.example.com/services/T0/B0/x' } },
  })
  await api.put('/api/projects/{id}/copies/{name}', {
    params: { path: { id, name: 'orders' } },
    body: {
      title: 'Orders into the warehouse',
      config: {
        from: { connection: 'lake', path: 'orders.csv' },
        to: { connection: 'warehouse', table: 'orders' },
        mode: 'replace',
        verify: 'content',
      } as never,
      schedule: { cron: '15 5 * * *', timezone: 'Europe/Berlin' },
    },
  })
}

async function seedSettings(api: Client, id: string): Promise<void> {
  const project = { params: { path: { id } } }
  await api.put('/api/pools/{pool}', {
    params: { path: { pool: 'search' } },
    body: { slots: 1, description: 'The index bears one writer.' },
  })
  await api.post('/api/projects/{id}/secrets', {
    ...project,
    body: { name: 'partner-key', value: 'seeded-value', description: 'Of the partner who sends orders.' },
  })
  await api.post('/api/data/user/secrets', { body: { name: 'my-token', value: 'seeded-value' } })
  await api.post('/api/worker-tokens', { body: { name: 'warehouse-worker', queues: ['default'] } })
  await api.put('/api/projects/{id}/variables/{variable}', {
    params: { path: { id, variable: 'regions' } },
    body: { value: ['eu', 'us'] },
  })
  await api.post('/api/data/resource_pools', {
    body: {
      ...{ name: 'General', public: true, default: false, quota: { cpu: 40, memory: 160, gpu: 0 } },
      classes: [
        { name: 'small', cpu: 1, memory: 4, gpu: 0, max_storage: 20, default_storage: 2, default: true },
        { name: 'large', cpu: 8, memory: 32, gpu: 0, max_storage: 200, default_storage: 10, default: false },
      ],
    },
  })
  await api.post('/api/data/environments', {
    body: {
      ...{ name: 'Python', description: 'Python 3.13 with JupyterLab.', environment_image_source: 'image' },
      container_image: 'images.example.com/python:3.13',
    },
  })
}

async function seedDataConnector(api: Client, projectId: string, namespace: string): Promise<string> {
  const { id } = await api.post('/api/data/data_connectors', {
    body: {
      ...{ name: 'Pictures of articles', namespace, keywords: ['pictures'] },
      description: 'As photographers deliver them, a folder for each season.',
      storage: {
        configuration: { type: 's3', provider: 'AWS', region: 'eu-central-1', access_key_id: '<sensitive>' },
        ...{ source_path: 'acme-pictures/2026', target_path: 'pictures', readonly: true },
      },
    },
  })
  await api.post('/api/data/data_connectors/{data_connector_id}/project_links', {
    params: { path: { data_connector_id: id } },
    body: { project_id: projectId },
  })
  return id
}

async function seedRuns(api: Client): Promise<World['runs']> {
  const start = async (workflow: string, body = {}) =>
    (await api.post('/api/workflows/{workflow}/runs', { params: { path: { workflow } }, body })).id
  const [success, , failed] = await Promise.all([
    start('shop_orders', { params: { day: '2026-03-01' } }),
    start('shop_orders', { params: { day: '2026-03-02', limit: 500 } }),
    start('shop_stock'),
    start('shop_stock'),
  ])
  const cancelled = await start('shop_history')
  await ended(api, 'shop_orders', success, 'success')
  await ended(api, 'shop_stock', failed, 'failed')
  await api.post('/api/runs/{run}/cancel', { params: { path: { run: cancelled } } })
  await ended(api, 'shop_history', cancelled, 'cancelled')
  const [running, waiting] = await Promise.all([start('shop_history'), start('shop_search')])
  await ended(api, 'shop_history', running, 'running')
  return { success, failed, cancelled, running, waiting }
}

async function ended(api: Client, workflow: string, run: string, state: RunState): Promise<void> {
  const until = Date.now() + 60_000
  while (Date.now() < until) {
    const found = await api.get('/api/runs/{run}', { params: { path: { run } } })
    if (found.state === state) return
    if (found.ended_at !== undefined) throw new Error(`The run ${run} of ${workflow} is ${found.state}, not ${state}.`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`The run ${run} of ${workflow} did not get to ${state}.`)
}
