import { bucket, type Role, userIds, type World } from './world.fixture.ts'

/** What somebody has to be to the thing that an operation is about: anything that sees it, or more. */
export type Right = 'read' | 'write' | 'delete' | 'own'

export interface Rule {
  /** Who is let in at all; `open` and `anyone` need no sign-in. */
  readonly access: 'anyone' | 'open' | 'user' | 'admin' | 'worker'
  /** What the caller needs on the thing that is named; without it, or without the thing, the answer is the same 404. */
  readonly right?: Right
  /** Answers that are said to differ from what follows from the above, and may. */
  readonly except?: Readonly<Partial<Record<Role, number>>>
  /** Kind of thing that permitted calls take away, so that each has another one. */
  readonly takes?: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly bytes?: Uint8Array
  /** An ETag that is always old: whoever is permitted is answered 409. */
  readonly ifMatch?: true
  /** What a permitted caller may be answered beside success, 409 and 422. */
  readonly permitted?: readonly number[]
}

const anyone: Rule = { access: 'anyone', permitted: [401, 403, 404] }
const open: Rule = { access: 'open' }
const user: Rule = { access: 'user' }
const admin: Rule = { access: 'admin', permitted: [404, 428] }
const worker: Rule = { access: 'worker', permitted: [404] }

const reads = (rest: Partial<Rule> = {}): Rule => ({ access: 'user', right: 'read', ...rest })
const shows = (rest: Partial<Rule> = {}): Rule => ({ access: 'open', right: 'read', ...rest })
const writes = (rest: Partial<Rule> = {}): Rule => ({ access: 'user', right: 'write', ...rest })
const governs = (rest: Partial<Rule> = {}): Rule => ({ access: 'user', right: 'delete', ...rest })
const owns = (rest: Partial<Rule> = {}): Rule => ({ access: 'user', right: 'own', ...rest })

/** A rule for every operation, by hand: who is to be let in is for people to decide. */
export function rulesOf({ things }: World): Readonly<Record<string, Rule>> {
  const inProject = { project_id: things.project }
  const ofProject = { query: { project_id: things.project ?? '' } }
  const launcher = { except: { viewer: 403 } }
  const catalogue = (path: string, body: Readonly<Record<string, unknown>> = {}): Record<string, Rule> => ({
    [`GET ${path}`]: shows(ofProject),
    [`POST ${path}`]: writes({ body: { ...inProject, name: 'another', ...body } }),
    [`GET ${path}/{id}`]: shows(),
    [`PATCH ${path}/{id}`]: writes({ body: {}, ifMatch: true }),
    // In use, so nobody gets it out of the way.
    [`DELETE ${path}/{id}`]: writes(),
  })
  const taskSecrets = (path: string, takes: string): Record<string, Rule> => ({
    [`GET ${path}`]: writes(),
    [`POST ${path}`]: writes({ body: { name: 'another', value: 'v' } }),
    [`PATCH ${path}/{secret}`]: writes({ body: { description: 'Another.' } }),
    [`DELETE ${path}/{secret}`]: writes({ takes }),
  })
  const config = { connector: 'postgres', config: { host: 'db.example.com' } }
  // What the server tries is refused before it begins, since the address is one of this machine.
  const local = { connector: 'sqlite', config: { path: '/tmp/x.sqlite' } }
  const connections = (path: string, takes: string): Record<string, Rule> => ({
    [`GET ${path}`]: reads(),
    [`POST ${path}`]: writes({ body: { name: 'another', ...config } }),
    [`GET ${path}/{connection}`]: reads(),
    [`PATCH ${path}/{connection}`]: writes({ body: {}, ifMatch: true }),
    [`DELETE ${path}/{connection}`]: writes({ takes }),
    [`GET ${path}/{connection}/used-by`]: reads(),
    [`POST ${path}/test`]: writes({ body: local }),
    [`POST ${path}/{connection}/test`]: writes(),
    [`GET ${path}/{connection}/relations`]: writes(),
    [`GET ${path}/{connection}/relations/columns`]: writes({ query: { table: 't' } }),
    [`GET ${path}/{connection}/relations/preview`]: writes({ query: { table: 't' } }),
  })
  const transfer = { from: { connection: 'nowhere', table: 't' }, to: { connection: 'nowhere', table: 't' } }
  const template = { operator: 'sql', config: { connection: 'warehouse', sql: 'select 1' } }
  const draft = { name: 'daily', brand_id: things.brand, pipeline_type_id: things.pipelineType, transformations: [] }
  const transformation = { state: 'raw', template_id: things.template, variables: { days: 1 } }
  const storage = { ...inProject, name: 'another', configuration: bucket, source_path: 'b', target_path: 't' }
  const noBody = { body: {} }
  const admins = (...keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, admin]))

  return {
    ...Object.fromEntries(
      [
        'GET /',
        'GET /version',
        'GET /api/health',
        'GET /api/ready',
        'GET /api/spec.json',
        'GET /api/docs',
        'GET /api/data/spec.json',
        'GET /api/data/version',
        'GET /api/data/error',
        'GET /api/data/classes/{class_id}',
        'GET /api/auth/login',
        'GET /api/auth/callback',
        'GET /api/auth/link',
        'POST /internal/authentication/token',
        'POST /api/data/internal/authentication/token',
        'POST /api/data/oauth2/connections/{connection_id}/token_endpoint',
        'POST /api/auth/cli',
        'POST /api/auth/cli/token',
      ].map((key) => [key, anyone]),
    ),
    'GET /metrics': admin,
    'GET /api/health/details': admin,
    // For the administrator's token only.
    'POST /api/auth/link': { ...admin, permitted: [403] },
    'GET /api/auth/session': open,
    'POST /api/auth/logout': open,
    'GET /api/auth/sessions': user,
    'DELETE /api/auth/sessions': user,
    'DELETE /api/auth/sessions/{id}': { ...user, permitted: [404] },
    ...admins(
      'GET /api/auth/users/{user_id}/sessions',
      'DELETE /api/auth/users/{user_id}/sessions',
      'DELETE /api/auth/users/{user_id}/sessions/{id}',
    ),
    'GET /api/auth/cli/confirm': { ...open, query: { code: 'BCDF-GHJK' }, permitted: [404] },
    'POST /api/auth/cli/confirm': user,

    // Workflows and their runs.
    'PUT /api/packages/{sha256}': {
      ...{ ...user, bytes: Buffer.from('PK\x03\x04') },
      // Whoever may change no project has nothing to upload one for.
      except: { stranger: 403, viewer: 403 },
    },
    'GET /api/packages/{sha256}': user,
    'GET /api/workflows': user,
    'POST /api/workflows': user,
    'GET /api/workflows/{workflow}': reads(),
    'PATCH /api/workflows/{workflow}': writes(noBody),
    'DELETE /api/workflows/{workflow}': writes({ takes: 'workflow' }),
    'GET /api/workflows/{workflow}/versions': reads(),
    'GET /api/workflows/{workflow}/versions/{version}': reads(),
    'GET /api/workflows/{workflow}/grid': reads(),
    'GET /api/workflows/{workflow}/diff': reads({ query: { from: '1' } }),
    'POST /api/workflows/{workflow}/runs': writes(noBody),
    'POST /api/workflows/{workflow}/backfills': writes({
      body: { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' },
    }),
    'POST /api/workflows/{workflow}/backfills/preview': writes({
      body: { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' },
    }),
    'GET /api/runs': user,
    'GET /api/runs/{run}': reads(),
    'PATCH /api/runs/{run}': writes({ body: { priority: 0 } }),
    'GET /api/runs/{run}/graph': reads(),
    'GET /api/runs/{run}/events': reads(),
    'GET /api/runs/{run}/events/stream': reads(),
    'GET /api/runs/{run}/task-runs': reads(),
    'POST /api/runs/{run}/cancel': writes(),
    'POST /api/runs/{run}/retry': writes(),
    'POST /api/runs/{run}/clear': writes({ body: { nodes: ['load'] } }),
    'POST /api/runs/{run}/try-now': writes({ body: { node: 'load' } }),
    'POST /api/runs/{run}/mark': writes({ body: { node: 'load', state: 'success' } }),
    'GET /api/task-runs/{task_run}': reads(),
    'GET /api/task-runs/{task_run}/attempts': reads(),
    'GET /api/task-runs/{task_run}/output': reads(),
    'GET /api/task-runs/{task_run}/log': reads(),
    'GET /api/task-runs/{task_run}/log/stream': reads(),
    'GET /api/live': { ...reads({ query: { run: things.run ?? '', log: things.taskRun ?? '' } }) },
    'GET /api/overview': user,
    'GET /api/schedules': user,
    'GET /api/backfills': user,
    'GET /api/backfills/{backfill}': reads(),
    'POST /api/backfills/{backfill}/pause': writes(),
    'POST /api/backfills/{backfill}/resume': writes(),
    'POST /api/backfills/{backfill}/cancel': writes(),
    'GET /api/queues': user,
    'GET /api/pools': user,
    'GET /api/pools/{pool}': user,
    ...admins('PUT /api/pools/{pool}', 'DELETE /api/pools/{pool}'),
    'GET /api/variables': user,
    'GET /api/variables/{variable}': user,
    ...admins('PUT /api/variables/{variable}', 'DELETE /api/variables/{variable}'),
    'GET /api/projects/{id}/variables': reads(),
    'GET /api/projects/{id}/variables/{variable}': reads(),
    'PUT /api/projects/{id}/variables/{variable}': writes({ body: { value: 2 } }),
    'DELETE /api/projects/{id}/variables/{variable}': writes({ takes: 'projectVariable' }),
    ...admins('GET /api/workers', 'POST /api/workers/{worker}/drain'),
    ...admins('GET /api/worker-tokens', 'POST /api/worker-tokens', 'DELETE /api/worker-tokens/{token}'),
    'POST /api/worker/exchange': worker,
    'POST /api/worker/goodbye': worker,
    'GET /api/worker/packages/{sha256}': worker,
    'PUT /api/worker/attempts/{task_run}/{attempt}/log': worker,
    'GET /api/worker/attempts/{task_run}/{attempt}/output': worker,
    'GET /api/worker/attempts/{task_run}/{attempt}/connections/{name}': worker,
    'GET /api/worker/attempts/{task_run}/{attempt}/secrets/{name}': worker,
    'POST /api/worker/attempts/{task_run}/{attempt}/trigger': worker,
    'GET /api/worker/attempts/{task_run}/{attempt}/runs/{run}': worker,
    'GET /api/worker/attempts/{task_run}/{attempt}/find-run': worker,

    // People.
    'GET /api/data/user': user,
    'GET /api/data/user/preferences': { ...user, permitted: [404] },
    'POST /api/data/user/preferences/pinned_projects': user,
    'DELETE /api/data/user/preferences/pinned_projects': { ...user, query: { project_slug: 'nobody/nothing' } },
    'GET /api/data/users': { ...user, query: { exact_email: 'nobody@example.com' } },
    'GET /api/people': user,
    'GET /api/data/users/{user_id}': open,
    'DELETE /api/data/users/{user_id}': admin,
    'GET /api/data/user/secret_key': { ...user, permitted: [403] },
    'POST /api/tokens': { ...user, body: { name: 't' }, except: { administrator: 403 } },
    'GET /api/tokens': user,
    'DELETE /api/tokens/{id}': owns({ takes: 'token' }),
    'GET /api/data/namespaces': user,
    'GET /api/data/namespaces/{slug}': open,
    'GET /api/data/namespaces/{namespace}/{slug}': shows(),
    'GET /api/data/groups': open,
    'POST /api/data/groups': user,
    'GET /api/data/groups/{slug}': open,
    'PATCH /api/data/groups/{slug}': governs({ body: { description: 'Another.' } }),
    'DELETE /api/data/groups/{slug}': governs({ takes: 'group' }),
    'GET /api/data/groups/{slug}/permissions': open,
    'GET /api/data/groups/{slug}/members': open,
    'PATCH /api/data/groups/{slug}/members': governs({ body: [{ id: userIds.viewer, role: 'viewer' }] }),
    'DELETE /api/data/groups/{slug}/members/{user_id}': governs(),
    'GET /api/data/projects': open,
    'POST /api/data/projects': user,
    'GET /api/data/projects/{project_id}': shows(),
    'PATCH /api/data/projects/{project_id}': writes({ body: { description: 'Another.' }, ifMatch: true }),
    'DELETE /api/data/projects/{project_id}': governs({ takes: 'project' }),
    'GET /api/data/projects/{project_id}/permissions': shows(),
    'GET /api/data/projects/{project_id}/members': shows(),
    'PATCH /api/data/projects/{project_id}/members': governs({ body: [{ id: userIds.viewer, role: 'viewer' }] }),
    'DELETE /api/data/projects/{project_id}/members/{member_id}': governs(),
    'GET /api/data/projects/{project_id}/copies': shows(),
    // In a namespace that only its owner and administrators may write, so that others are told so.
    'POST /api/data/projects/{project_id}/copies': reads({
      body: { name: 'Copy', namespace: userIds.owner },
      except: { viewer: 403, editor: 403 },
    }),
    'GET /api/data/namespaces/{namespace}/projects/{slug}': shows(),
    'GET /api/projects/{project_id}/audit': governs(),
    'GET /api/groups/{group}/audit': governs(),

    // Data.
    'GET /api/data/data_connectors': open,
    'POST /api/data/data_connectors': user,
    'POST /api/data/data_connectors/global': user,
    'GET /api/data/data_connectors/global/{slug}': { ...open, right: 'own', except: { owner: 404, reader: 404 } },
    'GET /api/data/data_connectors/{data_connector_id}': shows(),
    'PATCH /api/data/data_connectors/{data_connector_id}': governs({ body: {}, ifMatch: true }),
    'DELETE /api/data/data_connectors/{data_connector_id}': governs({ takes: 'connector' }),
    'GET /api/data/namespaces/{namespace}/data_connectors/{slug}': shows({ right: 'delete' }),
    'GET /api/data/namespaces/{namespace}/projects/{project}/data_connectors/{slug}': shows(),
    'GET /api/data/data_connectors/{data_connector_id}/permissions': shows(),
    // Linked to where it belongs, which everybody who sees it and may write there may.
    'POST /api/data/data_connectors/{data_connector_id}/project_links': writes({ body: inProject }),
    'GET /api/data/data_connectors/{data_connector_id}/project_links': shows(),
    'DELETE /api/data/data_connectors/{data_connector_id}/project_links/{link_id}': writes({ takes: 'link' }),
    'GET /api/data/projects/{project_id}/data_connector_links': shows(),
    'GET /api/data/projects/{project_id}/inaccessible_data_connector_links': shows(),
    'GET /api/data/data_connector_links': { ...open, query: { doi: '10.5281/zenodo.1' } },
    'GET /api/data/data_connectors/{data_connector_id}/secrets': reads(),
    'PATCH /api/data/data_connectors/{data_connector_id}/secrets': reads({ body: [] }),
    'DELETE /api/data/data_connectors/{data_connector_id}/secrets': reads(),
    'GET /api/data/storage_schema': open,
    'POST /api/data/storage_schema/validate': open,
    'POST /api/data/storage_schema/test_connection': user,
    'POST /api/data/storage_schema/obscure': open,
    'GET /api/data/storage': { ...open, query: { project_id: things.project ?? '' } },
    'POST /api/data/storage': writes({ body: storage, except: { stranger: 403, viewer: 403 } }),
    'GET /api/data/storage/{storage_id}': shows(),
    'PUT /api/data/storage/{storage_id}': writes({ body: storage, except: { viewer: 403 } }),
    'PATCH /api/data/storage/{storage_id}': writes({ body: {}, except: { viewer: 403 } }),
    'DELETE /api/data/storage/{storage_id}': writes({ takes: 'storage', except: { viewer: 403 } }),
    'GET /api/data/repository': { ...open, query: { url: 'no address' } },
    'GET /api/data/repositories/{url}': { ...open, permitted: [404] },
    'GET /api/data/repositories/{url}/probe': { ...open, permitted: [404] },

    'GET /api/operators': user,
    'GET /api/operators/{name}': { ...user, permitted: [404] },
    'GET /api/connectors': user,
    'GET /api/connectors/{name}': { ...user, permitted: [404] },
    'GET /api/projects/{id}/usable-connections': reads(),
    'GET /api/readable-connections': user,
    // Planned no further than its connections, which are not there.
    'POST /api/projects/{id}/copies/plan': writes({ body: { config: transfer } }),
    'GET /api/projects/{id}/copies': reads(),
    'GET /api/projects/{id}/copies/{name}': reads({ permitted: [404] }),
    'PUT /api/projects/{id}/copies/{name}': writes({ body: { config: transfer } }),
    'DELETE /api/projects/{id}/copies/{name}': writes({ permitted: [404] }),
    ...connections('/api/projects/{id}/connections', 'projectConnection'),
    ...connections('/api/namespaces/{slug}/connections', 'groupConnection'),
    ...admins(...Object.keys(connections('/api/connections', ''))),

    // Services.
    'GET /api/data/oauth2/providers': open,
    'GET /api/data/oauth2/providers/{provider_id}': open,
    ...admins('POST /api/data/oauth2/providers'),
    ...admins('PATCH /api/data/oauth2/providers/{provider_id}', 'DELETE /api/data/oauth2/providers/{provider_id}'),
    'GET /api/data/oauth2/providers/{provider_id}/authorize': user,
    'GET /api/data/oauth2/callback': { ...open, permitted: [403] },
    'GET /api/data/oauth2/connections': open,
    'GET /api/data/oauth2/connections/{connection_id}': owns({ takes: 'connection' }),
    'DELETE /api/data/oauth2/connections/{connection_id}': owns({ takes: 'connection' }),
    'GET /api/data/oauth2/connections/{connection_id}/account': owns({ takes: 'connection', permitted: [401] }),
    'GET /api/data/oauth2/connections/{connection_id}/token': owns({ takes: 'connection', permitted: [401] }),
    'GET /api/data/oauth2/connections/{connection_id}/installations': owns({ takes: 'connection', permitted: [401] }),

    // Compute and sessions.
    'GET /api/data/resource_pools': open,
    'GET /api/data/resource_pools/{pool_id}': shows(),
    'GET /api/data/resource_pools/{pool_id}/quota': shows(),
    'GET /api/data/resource_pools/{pool_id}/classes': shows(),
    'GET /api/data/resource_pools/{pool_id}/classes/{class_id}': shows(),
    'GET /api/data/resource_pools/{pool_id}/users/{user_id}': governs({
      except: { stranger: 403, viewer: 403, editor: 403 },
    }),
    ...admins(
      'POST /api/data/resource_pools',
      'PUT /api/data/resource_pools/{pool_id}',
      'PATCH /api/data/resource_pools/{pool_id}',
      'DELETE /api/data/resource_pools/{pool_id}',
      'POST /api/data/resource_pools/{pool_id}/classes',
      'PUT /api/data/resource_pools/{pool_id}/classes/{class_id}',
      'PATCH /api/data/resource_pools/{pool_id}/classes/{class_id}',
      'DELETE /api/data/resource_pools/{pool_id}/classes/{class_id}',
      'GET /api/data/resource_pools/{pool_id}/classes/{class_id}/tolerations',
      'DELETE /api/data/resource_pools/{pool_id}/classes/{class_id}/tolerations',
      'GET /api/data/resource_pools/{pool_id}/classes/{class_id}/node_affinities',
      'DELETE /api/data/resource_pools/{pool_id}/classes/{class_id}/node_affinities',
      'PUT /api/data/resource_pools/{pool_id}/quota',
      'PATCH /api/data/resource_pools/{pool_id}/quota',
      'GET /api/data/resource_pools/{pool_id}/users',
      'POST /api/data/resource_pools/{pool_id}/users',
      'PUT /api/data/resource_pools/{pool_id}/users',
      'DELETE /api/data/resource_pools/{pool_id}/users/{user_id}',
      'GET /api/data/resource_pools/{pool_id}/members',
      'POST /api/data/resource_pools/{pool_id}/members',
      'PUT /api/data/resource_pools/{pool_id}/members',
      'GET /api/data/resource_pools/{pool_id}/members/{member_type}/{member_id}',
      'DELETE /api/data/resource_pools/{pool_id}/members/{member_type}/{member_id}',
      'GET /api/data/users/{user_id}/resource_pools',
      'POST /api/data/users/{user_id}/resource_pools',
      'PUT /api/data/users/{user_id}/resource_pools',
    ),
    'GET /api/data/environments': open,
    'GET /api/data/environments/{environment_id}': open,
    ...admins('POST /api/data/environments'),
    ...admins('PATCH /api/data/environments/{environment_id}', 'DELETE /api/data/environments/{environment_id}'),
    'GET /api/data/session_launchers': open,
    'POST /api/data/session_launchers': writes({
      body: { ...inProject, name: 'another', environment: { id: things.environment } },
    }),
    'GET /api/data/projects/{project_id}/session_launchers': shows(),
    'GET /api/data/session_launchers/{launcher_id}': shows(),
    'PATCH /api/data/session_launchers/{launcher_id}': writes({ body: {}, ...launcher }),
    'DELETE /api/data/session_launchers/{launcher_id}': writes({ takes: 'launcher', ...launcher }),

    // The platform.
    'GET /api/data/platform/config': open,
    'GET /api/data/platform/authorization_config': open,
    'GET /api/data/platform/redirects/{source_url}': open,
    ...admins('PATCH /api/data/platform/config', 'PATCH /api/data/platform/authorization_config'),
    ...admins('GET /api/data/platform/redirects', 'POST /api/data/platform/redirects'),
    ...admins(
      'PATCH /api/data/platform/redirects/{source_url}',
      'DELETE /api/data/platform/redirects/{source_url}',
      'POST /api/data/search/reprovision',
      'GET /api/data/search/reprovision',
      'DELETE /api/data/search/reprovision',
      'GET /api/jobs',
      'POST /api/jobs/{job}/run',
      'GET /api/jobs/{job}/runs',
      'GET /api/jobs/{job}/runs/{run}',
      'GET /api/audit',
      'GET /api/platform/secrets',
      'POST /api/platform/secrets',
      'PATCH /api/platform/secrets/{secret}',
      'DELETE /api/platform/secrets/{secret}',
    ),
    'GET /api/data/search/query': open,

    // Secrets.
    'GET /api/data/user/secrets': user,
    'POST /api/data/user/secrets': user,
    'GET /api/data/user/secrets/{id}': owns(),
    'PATCH /api/data/user/secrets/{id}': owns({ body: { name: 'Another' } }),
    'DELETE /api/data/user/secrets/{id}': owns({ takes: 'userSecret' }),
    'POST /api/secrets/kubernetes': user,
    ...taskSecrets('/api/projects/{id}/secrets', 'projectSecret'),
    ...taskSecrets('/api/namespaces/{slug}/secrets', 'groupSecret'),
    'GET /api/data/projects/{id}/session_secret_slots': shows(),
    'POST /api/data/session_secret_slots': writes({ body: { ...inProject, filename: 'another' } }),
    'GET /api/data/session_secret_slots/{id}': shows(),
    'PATCH /api/data/session_secret_slots/{id}': writes({ body: {}, ifMatch: true }),
    'DELETE /api/data/session_secret_slots/{id}': writes({ takes: 'slot' }),
    'GET /api/data/projects/{id}/session_secrets': reads(),
    'PATCH /api/data/projects/{id}/session_secrets': reads({ body: [] }),
    'DELETE /api/data/projects/{id}/session_secrets': reads(),

    // Pipelines.
    ...catalogue('/api/clients'),
    ...catalogue('/api/brands', { client_id: things.client }),
    ...catalogue('/api/segments'),
    ...catalogue('/api/pipeline-types', { segment_id: things.segment }),
    ...catalogue('/api/pipeline-templates', template),
    'GET /api/pipelines': open,
    'POST /api/pipelines': writes({
      body: {
        ...{ ...inProject, name: 'another', brand_id: things.brand, pipeline_type_id: things.pipelineType },
        run_frequency: 'daily',
      },
    }),
    'GET /api/pipelines/{id}': shows(),
    'PATCH /api/pipelines/{id}': writes({ body: {}, ifMatch: true }),
    'DELETE /api/pipelines/{id}': writes({ takes: 'pipeline' }),
    'POST /api/pipelines/{id}/activate': writes(),
    'POST /api/pipelines/{id}/deactivate': writes(),
    'POST /api/pipelines/{id}/runs': writes(noBody),
    'POST /api/pipelines/{id}/transformations': writes({ body: transformation, ifMatch: true }),
    'PATCH /api/pipelines/{id}/transformations/{transformation}': writes({ body: {}, ifMatch: true }),
    'DELETE /api/pipelines/{id}/transformations/{transformation}': writes({ ifMatch: true }),
    'PUT /api/pipelines/{id}/order': writes({
      body: [{ id: things.transformation, graph_order: 0 }],
      ifMatch: true,
    }),
    'GET /api/pipelines/{id}/graph': shows(),
    // Reads only, but is a POST: a token for reading is not enough.
    'POST /api/pipelines/{id}/validate': shows(),
    'POST /api/pipelines/preview': writes({ body: { ...inProject, ...draft } }),
    'POST /api/pipelines/{id}/preview': writes({ body: draft }),
    'PUT /api/pipelines/{id}': writes({ body: draft, ifMatch: true }),
    'GET /api/pipelines/{id}/run-events': shows(),
    'GET /api/pipelines/{id}/datasets': shows(),
    'GET /api/pipelines/{id}/datasets/{transformation}': reads({ permitted: [404] }),
    'GET /api/pipelines/{id}/datasets/{transformation}/rows': reads({ permitted: [404] }),
    'GET /api/pipelines/{id}/datasets/{transformation}/file': reads({ permitted: [404] }),
    'GET /api/projects/{project}/configuration': shows(),
    'PUT /api/projects/{project}/configuration': writes({ bytes: Buffer.from('pipelines: [') }),
    'POST /api/projects/{project}/configuration/plan': writes({ bytes: Buffer.from('pipelines: [') }),
    'GET /config_api/validate': user,
    'GET /config_api/index': user,
    'GET /config_api/filters': user,
  }
}

const holders: Readonly<Record<Right, readonly Role[]>> = {
  own: ['reader', 'owner'],
  delete: ['reader', 'owner', 'admin', 'administrator'],
  write: ['editor', 'reader', 'owner', 'admin', 'administrator'],
  read: ['viewer', 'editor', 'reader', 'owner', 'admin', 'administrator'],
}

/** What the caller is to be answered: `permitted`, or the status of the refusal. */
export function expectedOf(rule: Rule, method: string, role: Role): 'permitted' | number {
  const { access, right } = rule
  if (access === 'anyone') return 'permitted'
  if (role === 'anonymous' && access !== 'open') return 401
  if (access === 'worker') return role === 'worker' ? 'permitted' : 403
  if (role === 'worker' || (role === 'reader' && method !== 'GET')) return 403
  if (access === 'admin') return role === 'admin' || role === 'administrator' ? 'permitted' : 403
  const except = rule.except?.[role]
  if (except !== undefined) return except
  return right === undefined || holders[right].includes(role) ? 'permitted' : 404
}

export function isPermitted(status: number, { permitted = [] }: Rule): boolean {
  return status < 400 || status === 409 || status === 422 || permitted.includes(status)
}
