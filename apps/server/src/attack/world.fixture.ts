import { createHash, randomUUID } from 'node:crypto'
import { sql } from '@millrace/db'
import { expect } from 'vitest'
import { type Answer, adminToken, manifestOf, type TestServer } from '../test-server.fixture.ts'

/** Everybody who calls, from nobody to the platform's own token. `reader` is the owner by a token that is only for reading. */
export const roles = [
  'anonymous',
  'stranger',
  'viewer',
  'editor',
  'reader',
  'owner',
  'admin',
  'administrator',
  'worker',
] as const

export type Role = (typeof roles)[number]

/** What can be asked for by an id or a name. */
export type Things = Readonly<Record<string, string>>

export interface World {
  readonly server: TestServer
  readonly tokens: Readonly<Record<Role, string | null>>
  readonly things: Things
  /** Makes another one of the kind, to be removed. */
  another(kind: string): Promise<Things>
}

/** Ids and names of the right form that name nothing; administrators are asked about these, so that nothing goes. */
export const nothing: Things = {
  ...{ user: 'nobody', pool: '999', class: '999', provider: 'nothing', enginePool: 'nothing', variable: 'nothing' },
  ...{ redirect: '/projects/nothing', worker: '6d8e0a52-7f3b-4d64-9d0c-0b2c3b9f7a10', group: 'nothing' },
  ...Object.fromEntries(
    ['project', 'environment', 'platformSecret', 'platformConnection'].map((kind) => [
      kind,
      '01JD3Z6Q7N6YXQ0M2R4T8V9WAB',
    ]),
  ),
}

export const userIds = { owner: 'olga', editor: 'eddy', viewer: 'vera', stranger: 'sam', admin: 'root' } as const
/** Every secret that the world is made with. */
export const secretValues = ['the-value-of-a-task-secret', 'a-value-of-mine', 'the-secret-of-the-provider'] as const
const [taskValue, userValue, providerSecret] = secretValues
const zip = Buffer.from('PK\x03\x04')
export const bucket = { type: 's3', provider: 'AWS', region: 'eu-central-1' }
const worker = {
  ...{ id: randomUUID(), name: 'w', host: 'h', pid: 1, version: '1' },
  ...{ queues: ['default'], slots: 4 },
}

/**
 * A private project `olga/flights` with an owner, an editor and a viewer, a group `guild` with the same, and one of each
 * thing in them. Nobody else may see any of it, but administrators.
 */
export async function buildWorld(server: TestServer): Promise<World> {
  const claims = (id: string, rest = {}) => JSON.stringify({ id, email: `${id}@example.com`, ...rest })
  const dummies = {
    stranger: claims(userIds.stranger),
    viewer: claims(userIds.viewer),
    editor: claims(userIds.editor),
    owner: claims(userIds.owner),
    admin: claims(userIds.admin, { is_admin: true }),
  }
  const call = async (token: string, method: string, path: string, body?: unknown, headers = {}): Promise<Answer> => {
    const answer = await server.call(method, path, { token, headers, ...(body === undefined ? {} : { body }) })
    expect(answer.status, `${method} ${path} ${JSON.stringify(answer.body)}`).toBeLessThan(400)
    return answer
  }
  const idOf = async (path: string, body: unknown, token = dummies.owner): Promise<string> =>
    (await call(token, 'POST', path, body)).body.id
  let count = 0
  const fresh = (text: string) => `${text}-${++count}`

  for (const token of Object.values(dummies)) await call(token, 'GET', '/api/data/user')
  const members = (['viewer', 'editor'] as const).map((role) => ({ id: userIds[role], role }))
  const newProject = async () => {
    const id = await idOf('/api/data/projects', { name: fresh('flights'), namespace: 'olga', documentation: 'Text' })
    await call(dummies.owner, 'PATCH', `/api/data/projects/${id}/members`, members)
    return id
  }
  const newGroup = async () => {
    const slug = fresh('guild')
    await call(dummies.owner, 'POST', '/api/data/groups', { name: slug, slug })
    await call(dummies.owner, 'PATCH', `/api/data/groups/${slug}/members`, members)
    return slug
  }
  const project = await newProject()
  const { slug: projectSlug } = (await call(dummies.owner, 'GET', `/api/data/projects/${project}`)).body
  const group = await newGroup()
  const newConnector = async (namespace: string) => {
    const storage = { configuration: bucket, source_path: 'b', target_path: 't' }
    const { body } = await call(dummies.owner, 'POST', '/api/data/data_connectors', {
      ...{ name: fresh('tables'), namespace, storage },
    })
    return body
  }
  const connector = await newConnector(`olga/${projectSlug}`)
  const ownConnector = await newConnector('olga')
  const inProject = { project_id: project }
  const environment = (await call(dummies.owner, 'GET', '/api/data/environments')).body[0].id
  const newLink = async () => {
    const { id } = await newConnector('olga')
    return { linkConnector: id, link: await idOf(`/api/data/data_connectors/${id}/project_links`, inProject) }
  }
  const newVariable = async () => {
    const name = fresh('variable')
    await call(dummies.owner, 'PUT', `/api/projects/${project}/variables/${name}`, { value: 1 })
    return name
  }
  const taskSecret = (place: string, token?: string) => async () =>
    await idOf(`${place}/secrets`, { name: fresh('secret'), value: taskValue }, token)

  const newConnectionIn = (place: string) => async () =>
    await idOf(`${place}/connections`, { name: fresh('file'), connector: 'sqlite', config: { path: '/data/x.sqlite' } })
  const client = await idOf('/api/clients', { ...inProject, name: 'acme' })
  const brand = await idOf('/api/brands', { ...inProject, client_id: client, name: 'wonder' })
  const segment = await idOf('/api/segments', { ...inProject, name: 'payer' })
  const pipelineType = await idOf('/api/pipeline-types', { ...inProject, name: 'claims', segment_id: segment })
  const template = await idOf('/api/pipeline-templates', {
    ...{ ...inProject, name: 'copy', operator: 'sql' },
    config: { connection: 'warehouse', sql: 'select {{ variables.days }}' },
    variable_structures: { days: { datatype: 'int' } },
  })
  const newPipeline = async () =>
    await idOf('/api/pipelines', {
      ...{ ...inProject, name: fresh('daily'), brand_id: brand, pipeline_type_id: pipelineType },
      run_frequency: 'daily',
      transformations: [{ state: 'raw', template_id: template, variables: { days: 1 } }],
    })
  const pipeline = await newPipeline()
  const pipelineBody = (await call(dummies.owner, 'GET', `/api/pipelines/${pipeline}`)).body

  const newWorkflow = async () => {
    const name = fresh('flow')
    const manifest = manifestOf({ load: {} }, { name })
    await call(dummies.owner, 'POST', `/api/workflows?project=${project}`, manifest)
    return name
  }
  const workflow = await newWorkflow()
  const run = await idOf(`/api/workflows/${workflow}/runs`, {})
  const workerToken = (await call(adminToken, 'POST', '/api/worker-tokens', { name: 'w' })).body.token
  const exchange = { worker, results: [], running: [], want: 1, waitMs: 5000 }
  const [task] = (await call(workerToken, 'POST', '/api/worker/exchange', exchange)).body.tasks
  const { taskRunId, attempt } = task
  const bytes = Buffer.from('{"at":1,"level":"info","source":"log","text":"hello"}\n')
  const logPath = `/api/worker/attempts/${taskRunId}/${attempt}/log?worker=${worker.id}`
  expect((await server.call('PUT', logPath, { token: workerToken, bytes })).status).toBe(204)
  const results = [{ taskRunId, attempt, outcome: { kind: 'success', output: { rows: 3 } } }]
  await call(workerToken, 'POST', '/api/worker/exchange', { ...exchange, results, want: 0, waitMs: 0 })
  const backfill = await idOf(`/api/workflows/${await scheduledWorkflow()}/backfills`, {
    ...{ start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' },
  })
  async function scheduledWorkflow() {
    const manifest = manifestOf(
      { load: {} },
      {
        name: 'scheduled',
        schedule: {
          ...{ cron: '0 0 * * *', timezone: 'UTC', start: null, end: null },
          catchup: { policy: 'none', limit: 1 },
        },
      },
    )
    await call(dummies.owner, 'POST', `/api/workflows?project=${project}`, manifest)
    return 'scheduled'
  }

  const pool = (
    await call(dummies.admin, 'POST', '/api/data/resource_pools', {
      ...{ name: 'a pool', public: false, default: false },
      quota: { cpu: 10, memory: 10, gpu: 1 },
      classes: [{ name: 'standard', cpu: 1, memory: 2, gpu: 0, max_storage: 100, default_storage: 10, default: true }],
    })
  ).body
  await call(dummies.admin, 'POST', `/api/data/resource_pools/${pool.id}/members`, [
    { member_type: 'project', id: project, role: 'project_viewer' },
  ])
  await call(dummies.admin, 'PUT', '/api/pools/shared', { slots: 2 })
  await call(dummies.admin, 'PUT', '/api/variables/region', { value: 'eu' })
  await call(dummies.admin, 'POST', '/api/data/oauth2/providers', {
    ...{ id: 'gitlab', kind: 'gitlab', client_id: 'c', client_secret: providerSecret },
    ...{ display_name: 'GitLab', scope: 'read_user', url: 'https://gitlab.example.com', use_pkce: true },
  })
  await call(dummies.admin, 'POST', '/api/data/platform/redirects', {
    ...{ source_url: '/projects/former', target_url: '/p/01JD3Z6Q7N6YXQ0M2R4T8V9WAB' },
  })
  await call(dummies.owner, 'POST', '/api/data/user/preferences/pinned_projects', { project_slug: 'olga/flights' })
  const newConnection = async () => {
    await call(dummies.owner, 'GET', '/api/data/oauth2/providers/gitlab/authorize')
    const { body } = await call(dummies.owner, 'GET', '/api/data/oauth2/connections')
    return body[0].id
  }
  const newStorage = async () => {
    const body = { ...inProject, name: fresh('storage'), configuration: bucket, source_path: 'b', target_path: 't' }
    return (await call(dummies.owner, 'POST', '/api/data/storage', body)).body.storage.storage_id
  }
  const readToken = (await call(dummies.owner, 'POST', '/api/tokens', { name: 'r', scopes: ['read'] })).body.token

  const makers: Readonly<Record<string, () => Promise<string | Things>>> = {
    project: newProject,
    group: newGroup,
    connector: async () => (await newConnector(`olga/${projectSlug}`)).id,
    link: newLink,
    storage: newStorage,
    launcher: async () =>
      await idOf('/api/data/session_launchers', {
        ...{ ...inProject, name: fresh('launcher'), environment: { id: environment } },
      }),
    slot: async () => await idOf('/api/data/session_secret_slots', { ...inProject, filename: fresh('file') }),
    pipeline: newPipeline,
    workflow: newWorkflow,
    projectVariable: newVariable,
    projectSecret: taskSecret(`/api/projects/${project}`),
    projectConnection: newConnectionIn(`/api/projects/${project}`),
    groupConnection: newConnectionIn(`/api/namespaces/${group}`),
    groupSecret: taskSecret(`/api/namespaces/${group}`),
    userSecret: async () => await idOf('/api/data/user/secrets', { name: fresh('mine'), value: userValue }),
    token: async () => await idOf('/api/tokens', { name: fresh('token') }),
    connection: newConnection,
  }
  const another = async (kind: string): Promise<Things> => {
    const made = await makers[kind]?.()
    if (made === undefined) throw new Error(`Nobody says how to make another ${kind}. Add it to world.fixture.ts.`)
    return typeof made === 'string' ? { [kind]: made } : made
  }
  const made: Record<string, string> = {}
  for (const kind of Object.keys(makers)) Object.assign(made, await another(kind))
  const platformSecret = await taskSecret('/api/platform', dummies.admin)()
  const { sha256 } = await uploadPackage(server, dummies.owner)
  const { id: workerRow } = await server.db.one<{ id: string }>(sql`select id from engine.worker limit 1`)
  return {
    server,
    tokens: { anonymous: null, ...dummies, reader: readToken, administrator: adminToken, worker: workerToken },
    things: {
      ...made,
      ...{ project, projectSlug, group, connector: connector.id, connectorSlug: connector.slug },
      ...{ ownConnector: ownConnector.id, ownConnectorSlug: ownConnector.slug, environment, platformSecret },
      ...{ client, brand, segment, pipelineType, template, pipeline, workflow, run, backfill: `${backfill}`, sha256 },
      transformation: pipelineBody.transformations[0].id,
      ...{ taskRun: `${taskRunId}`, attempt: `${attempt}`, pool: `${pool.id}`, class: `${pool.classes[0].id}` },
      ...{ worker: workerRow, user: userIds.owner, enginePool: 'shared', variable: 'region', provider: 'gitlab' },
      redirect: '/projects/former',
    },
    another,
  }
}

async function uploadPackage({ call }: TestServer, token: string): Promise<{ sha256: string }> {
  const sha256 = createHash('sha256').update(zip).digest('hex')
  expect((await call('PUT', `/api/packages/${sha256}`, { token, bytes: zip })).status).toBe(201)
  return { sha256 }
}
