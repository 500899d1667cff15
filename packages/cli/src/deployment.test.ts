import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openDatabase, sql } from '@millrace/db'
import { makeKeyFiles } from '@millrace/secrets'
import { findRadosgw, startOidcIssuer, startPostgres, startRadosgw } from '@millrace/testing'
import { expect, test } from 'vitest'
import { type Api, apiOf } from './api.fixture.ts'
import { deployed } from './deployment.fixture.ts'
import { runCommand } from './run-command.fixture.ts'

const flights = fileURLToPath(new URL('../../../examples/flights/data/flights.parquet', import.meta.url))
const adminToken = 'the-token-of-the-administrator'
const branch = 'fine-feature-branch'

test.skipIf(findRadosgw() === null)(
  'a pipeline that is configured by the API alone runs by its schedule on real data, and what it published is fetched by a filter (skipped without a Ceph gateway)',
  async () => {
    await using world = await start()
    const { alice, warehouse, lake, processes } = world
    const project = await alice.done('POST', '/api/data/projects', { name: 'Delays', namespace: 'alice' })
    const connections = `/api/projects/${project.id}/connections`
    await alice.done('POST', connections, { name: 'warehouse', uri: warehouse.url('warehouse') })
    const saved = await alice.done('POST', connections, { name: 'lake', connector: 's3', config: lake })
    expect(saved.config).toMatchObject({ bucket: 'millrace-dev', secret_access_key: '<sensitive>' })

    const pipeline = await configure(alice, project.id)
    const graph = await alice.done('GET', `/api/pipelines/${pipeline.id}/graph`)
    // Four tasks in four groups, and the run event.
    expect([graph.problems, graph.nodes.length]).toEqual([[], 9])
    await alice.done('POST', `/api/pipelines/${pipeline.id}/activate`)
    const run = await scheduledRun(alice, processes)
    await alice.done('POST', `/api/pipelines/${pipeline.id}/deactivate`)
    expect(await alice.done('GET', `/api/pipelines/${pipeline.id}/run-events`)).toMatchObject([{ id: run.id }])

    await using db = await openDatabase({ url: warehouse.url('warehouse') })
    expect(await db.query(sql`select * from report`)).toEqual([{ run: run.id }])
    const [busiest] = await db.query<{ origin: string; flights: number; late: number }>(sql`
      select origin, count(*)::integer as flights, (count(*) filter (where delay > 30))::integer as late
      from flights where extract(day from date) = 2 and delay is not null group by origin order by flights desc, origin limit 1`)
    const fetched = await runCommand(
      [
        ...['datasets', 'fetch', 's3://millrace-dev', 'acme/wonder/master/delays', '--branch', branch],
        ...['--filter', `origin==${busiest?.origin}`, '--columns', 'origin,flights,late'],
      ],
      {
        cwd: world.folder,
        env: {
          ...{ AWS_ENDPOINT_URL_S3: lake.endpoint, AWS_REGION: lake.region },
          ...{ AWS_ACCESS_KEY_ID: lake.access_key_id, AWS_SECRET_ACCESS_KEY: lake.secret_access_key },
        },
      },
    )
    expect(fetched.code, fetched.err).toBe(0)
    expect(fetched.out.toString().trim().split('\n')).toEqual([
      'origin,flights,late',
      `${busiest?.origin},${busiest?.flights},${busiest?.late}`,
    ])

    // Nothing that was saved as a secret was written by any of the processes, and no stranger sees any of it.
    const stranger = await world.signedIn('bob')
    for (const path of [`/api/data/projects/${project.id}`, connections, `/api/pipelines/${pipeline.id}`]) {
      expect((await stranger.call('GET', path)).status).toBe(404)
    }
    for (const { output } of processes) {
      for (const secret of [warehouse.password, lake.secret_access_key, adminToken]) {
        expect(output()).not.toContain(secret)
      }
    }
    for (const process of [...processes].reverse()) expect(await process.stop(), process.output()).toBe(0)
  },
  300_000,
)

/** Real servers, and the three processes of a deployment over them. */
async function start() {
  await using started = new AsyncDisposableStack()
  const folder = started.adopt(await mkdtemp(join(tmpdir(), 'millrace-deployment-')), (path) =>
    rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }),
  )
  const [warehouse, store, issuer] = await Promise.all([
    startPostgres({ auth: 'scram' }),
    startRadosgw(),
    startOidcIssuer(),
  ])
  started.defer(() => warehouse.stop())
  started.defer(() => store.stop())
  started.defer(() => issuer.stop())
  const bucket = await store.createBucket('millrace-dev')
  const { endpoint, region, accessKeyId: access_key_id, secretAccessKey: secret_access_key } = store
  await warehouse.createDatabase('warehouse')
  await warehouse.createDatabase('millrace')
  const loaded = await runCommand(['copy', flights, warehouse.url('warehouse'), '--into', 'flights'], { cwd: folder })
  expect(loaded.code, loaded.err).toBe(0)

  const keys = await makeKeyFiles(join(folder, 'keys'))
  const shared = {
    MILLRACE_DATABASE_URL: warehouse.url('millrace'),
    MILLRACE_SECRETS_TOKEN_KEY_PATH: keys.secretsTokenKeyPath,
  }
  const secrets = started.use(
    await deployed(
      'secrets',
      { ...shared, MILLRACE_SECRETS_PRIVATE_KEY_PATH: keys.secretsPrivateKeyPath, MILLRACE_SECRETS_PORT: '0' },
      folder,
    ),
  )
  const server = started.use(
    await deployed(
      'server',
      {
        ...{ ...shared, MILLRACE_ADMIN_TOKEN: adminToken, MILLRACE_PORT: '0', MILLRACE_HOME: join(folder, 'server') },
        ...{ MILLRACE_SECRETS_URL: secrets.url, MILLRACE_SECRETS_PUBLIC_KEY_PATH: keys.secretsPublicKeyPath },
        ...{ MILLRACE_ENCRYPTION_KEY_PATH: keys.encryptionKeyPath },
        ...{ MILLRACE_OIDC_ISSUER: issuer.url, MILLRACE_OIDC_CLIENT_SECRET: issuer.clientSecret },
      },
      folder,
    ),
  )
  const root = apiOf({ url: server.url, token: adminToken })
  const { token } = await root.done('POST', '/api/worker-tokens', { name: 'worker' })
  const worker = started.use(
    await deployed(
      'worker',
      {
        ...{ MILLRACE_URL: server.url, MILLRACE_WORKER_TOKEN: token, MILLRACE_HOME: join(folder, 'worker') },
        MILLRACE_BRANCH_NAME: branch,
      },
      folder,
    ),
  )
  const signedIn = async (id: string) => {
    const { accessToken } = await issuer.signIn({ id: `${id}-1`, email: `${id}@example.com` })
    const api = apiOf({ url: server.url, token: accessToken })
    expect(await api.done('GET', '/api/data/user')).toMatchObject({ username: id })
    return api
  }
  const alice = await signedIn('alice')
  const all = started.move()
  return {
    ...{ folder, warehouse, alice, signedIn, processes: [secrets, server, worker] },
    lake: { bucket, endpoint, region, access_key_id, secret_access_key },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Flights of a day: taken out of the warehouse, cleaned, counted by airport and told back. */
async function configure(alice: Api, projectId: string) {
  const add = async (path: string, body: object): Promise<string> =>
    (await alice.done('POST', path, { project_id: projectId, ...body })).id
  const brand_id = await add('/api/brands', { client_id: await add('/api/clients', { name: 'Acme' }), name: 'Wonder' })
  const segment_id = await add('/api/segments', { name: 'payer' })
  const pipeline_type_id = await add('/api/pipeline-types', { name: 'claims', segment_id })
  const place = {
    ...{ store: 'lake', client: '{{ pipeline.client }}', brand: '{{ pipeline.brand }}' },
    state: '{{ pipeline.state }}',
  }
  const ofRun = { filters: [{ partition: '__metadata_run_id', values: ['{{ run_id }}'] }] }
  const template = async (name: string, operator: string, config: object, variable_structures: object = {}) =>
    await add('/api/pipeline-templates', { name, operator, config, variable_structures })
  const extract = await template(
    'extract',
    'dataset',
    {
      ...{ ...place, dataset: 'flights' },
      inputs: {
        day: {
          connection: 'warehouse',
          sql: 'select origin, destination, delay from flights where extract(day from date) = {{ variables.day }}',
        },
      },
    },
    { day: { datatype: 'int', description: 'Of January 2001.' } },
  )
  const clean = await template('clean', 'dataset', {
    ...{ ...place, dataset: 'flights' },
    inputs: { flights: { dataset: 'flights', state: 'raw', ...ofRun } },
    sql: 'select origin, destination, delay from flights where delay is not null',
  })
  const count = await template(
    'count',
    'dataset',
    {
      ...{ ...place, dataset: 'delays', partitionBy: ['origin'] },
      inputs: { flights: { dataset: 'flights', state: 'ingest', ...ofRun } },
      sql: `select origin, count(*) as flights, count(*) filter (delay > {{ variables.late }}) as late
            from flights group by origin order by flights desc, origin limit {{ variables.airports }}`,
    },
    { late: { datatype: 'int' }, airports: { datatype: 'int' } },
  )
  const tell = await template('tell', 'sql', {
    connection: 'warehouse',
    sql: "create table if not exists report as select '{{ run_id }}'::text as run",
  })
  return await alice.done('POST', '/api/pipelines', {
    ...{ project_id: projectId, name: 'daily_delays', brand_id, pipeline_type_id },
    ...{ run_frequency: '* * * * *', is_active: false },
    transformations: [
      { state: 'raw', template_id: extract, variables: { day: 2 } },
      { state: 'ingest', template_id: clean, variables: {} },
      { state: 'master', template_id: count, graph_order: 0, variables: { late: 30, airports: 5 } },
      { state: 'master', template_id: tell, graph_order: 1, variables: {} },
    ],
  })
}

/** The first run that nobody asked for, when it has succeeded. */
async function scheduledRun(alice: Api, processes: readonly { output(): string }[]): Promise<{ readonly id: string }> {
  const first = async () => (await alice.done('GET', '/api/runs?workflow=daily_delays')).at(-1)
  await expect
    .poll(async () => (await first())?.state, { timeout: 150_000, interval: 200 })
    .toSatisfy((state) => ['success', 'failed'].includes(`${state}`))
  const run = await first()
  const tasks = await alice.done('GET', `/api/runs/${run.id}/task-runs`)
  const failed = tasks.filter(({ state }: { state: string }) => state === 'failed')
  expect(run, JSON.stringify(failed) + processes.map(({ output }) => output()).join('\n')).toMatchObject({
    ...{ state: 'success', trigger: 'schedule' },
  })
  return run
}
