import type { Page } from 'playwright-core'
import type { World } from './seed.ts'

/** A page of the console, for the tests and pictures that go through all of them. */
export interface ConsolePage {
  /** Of its picture: lower case with dashes. */
  readonly name: string
  readonly path: string | ((world: World) => string)
  /** Opens what the address alone does not show, and waits for it. */
  readonly prepare?: (page: Page, world: World) => Promise<void>
  /** For whoever is not signed in. */
  readonly isAnonymous?: boolean
}

const ofProject = (part: string) => (world: World) => `/projects/${world.namespace}/${world.project.slug}${part}`
const ofWorkflow = (part: string) => (world: World) => `/workflows/${world.workflow}${part}`

/** Every page; a new one gets a line here. */
export const pages: readonly ConsolePage[] = [
  { name: 'sign-in', path: '/sign-in', isAnonymous: true },
  { name: 'home', path: '/' },
  { name: 'search', path: '/search?q=shop' },
  { name: 'not-found', path: '/nothing/of/this/name' },

  { name: 'projects', path: '/projects' },
  { name: 'project-new', path: '/projects/new' },
  { name: 'project', path: ofProject('') },
  { name: 'project-documentation', path: ofProject('?edit=documentation') },
  { name: 'project-workflows', path: ofProject('/workflows') },
  { name: 'project-members', path: ofProject('/members') },
  { name: 'project-audit', path: ofProject('/audit') },
  { name: 'project-settings', path: ofProject('/settings') },
  { name: 'groups', path: '/groups' },
  { name: 'group-new', path: '/groups/new' },
  { name: 'group', path: ({ group }) => `/groups/${group}` },
  { name: 'group-members', path: ({ group }) => `/groups/${group}/members` },
  { name: 'group-audit', path: ({ group }) => `/groups/${group}/audit` },
  { name: 'group-settings', path: ({ group }) => `/groups/${group}/settings` },
  { name: 'person', path: '/people/user_admin' },

  { name: 'group-connections', path: ({ group }) => `/groups/${group}/connections` },
  { name: 'connections', path: '/connections' },
  { name: 'connections-shared', path: '/connections?tab=shared' },
  { name: 'project-connections', path: ofProject('/connections') },
  { name: 'connection-new', path: ofProject('/connections/new') },
  { name: 'connection-catalogue', path: '/connections?tab=catalogue' },
  { name: 'connection', path: (world) => ofProject(`/connections/${world.connection}`)(world) },

  { name: 'copies', path: '/copies' },
  { name: 'project-copies', path: ofProject('/copies') },
  { name: 'copy-new', path: ofProject('/copies/new') },
  { name: 'copy', path: (world) => ofProject(`/copies/${world.copy}`)(world) },

  { name: 'workflows', path: '/workflows' },
  { name: 'workflow', path: ofWorkflow('') },
  { name: 'workflow-graph', path: ofWorkflow('/graph') },
  { name: 'workflow-node', path: ofWorkflow('/graph?node=load.warehouse') },
  { name: 'workflow-trigger', path: ofWorkflow('/trigger') },
  { name: 'workflow-trigger-json', path: ofWorkflow('/trigger?as=json') },
  { name: 'workflow-versions', path: ofWorkflow('/versions') },
  { name: 'workflow-schedule', path: ofWorkflow('/schedule') },
  { name: 'workflow-backfills', path: ofWorkflow('/backfills') },
  { name: 'backfill-new', path: ofWorkflow('/backfills/new') },
  { name: 'workflow-settings', path: ofWorkflow('/settings') },

  { name: 'runs', path: '/runs' },
  { name: 'run-success', path: ({ runs }) => `/runs/${runs.success}` },
  { name: 'run-failed', path: ({ runs }) => `/runs/${runs.failed}` },
  { name: 'run-running', path: ({ runs }) => `/runs/${runs.running}` },
  { name: 'run-waiting', path: ({ runs }) => `/runs/${runs.waiting}` },
  { name: 'run-tasks', path: ({ runs }) => `/runs/${runs.running}/tasks` },
  { name: 'run-gantt', path: ({ runs }) => `/runs/${runs.success}/gantt` },
  { name: 'run-events', path: ({ runs }) => `/runs/${runs.success}/events` },
  {
    name: 'run-task',
    path: ({ runs }) => `/runs/${runs.failed}/tasks`,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'compare', exact: true }).click()
      await page.getByRole('region', { name: 'Log of attempt 1' }).getByText('article 4711').waitFor()
    },
  },
  { name: 'runs-compare', path: ({ runs }) => `/runs/compare?left=${runs.success}&right=${runs.failed}` },

  { name: 'pipelines', path: '/pipelines' },
  { name: 'project-pipelines', path: ofProject('/pipelines') },
  { name: 'pipeline', path: ({ pipeline }) => `/pipelines/${pipeline}` },
  { name: 'pipeline-settings', path: ({ pipeline }) => `/pipelines/${pipeline}?tab=settings` },
  { name: 'pipeline-runs', path: ({ pipeline }) => `/pipelines/${pipeline}?tab=runs` },
  { name: 'pipeline-datasets', path: ({ pipeline }) => `/pipelines/${pipeline}?tab=datasets` },
  {
    name: 'pipeline-dataset',
    path: ({ pipeline, dataset }) => `/pipelines/${pipeline}/datasets/${dataset}`,
    prepare: async (page) => {
      await page.getByRole('region', { name: 'First rows of sales_by_country' }).getByText('Order').first().waitFor()
    },
  },
  {
    name: 'pipeline-variables',
    path: ({ pipeline }) => `/pipelines/${pipeline}`,
    prepare: async (page) => {
      await page.getByRole('button', { name: 'sum_up of ingest', exact: true }).click()
      await page.getByRole('dialog').getByLabel('most').waitFor()
    },
  },
  { name: 'pipeline-new', path: ofProject('/pipelines/new') },
  { name: 'pipeline-templates', path: ofProject('/pipelines/templates') },
  { name: 'pipeline-template-new', path: ofProject('/pipelines/templates/new') },
  { name: 'pipeline-catalogue', path: ofProject('/pipelines/catalogue') },
  { name: 'pipeline-code', path: ofProject('/pipelines/code') },

  { name: 'admin-health', path: '/admin' },
  { name: 'admin-users', path: '/admin/users' },
  { name: 'admin-user', path: '/admin/users/admin' },
  { name: 'admin-compute', path: '/admin/compute' },
  { name: 'admin-tokens', path: '/admin/tokens' },
  { name: 'admin-workers', path: '/admin/workers' },
  { name: 'admin-queues', path: '/admin/queues' },
  { name: 'admin-platform', path: '/admin/platform' },
  { name: 'admin-jobs', path: '/admin/jobs' },
  { name: 'admin-audit', path: '/admin/audit' },
  { name: 'admin-services', path: '/admin/services' },
  { name: 'admin-variables', path: '/admin/variables' },
  { name: 'admin-secrets', path: '/admin/secrets' },
  { name: 'admin-job', path: '/admin/jobs/retention' },
  { name: 'admin-resource-pool', path: '/admin/compute/1' },

  { name: 'account', path: '/account' },
  { name: 'secrets', path: '/secrets' },
  { name: 'services', path: '/services' },
  { name: 'repositories', path: '/repositories' },
  { name: 'sessions', path: '/sessions' },
  { name: 'project-secrets', path: ofProject('/secrets') },
  { name: 'project-sessions', path: ofProject('/sessions') },
  { name: 'project-variables', path: ofProject('/variables') },
  { name: 'project-data', path: ofProject('/data') },
  { name: 'data-connector', path: (world) => ofProject(`/data/${world.dataConnector}`)(world) },
  { name: 'data-connector-new', path: ofProject('/data/new?type=s3&provider=AWS') },
  { name: 'namespace-secrets', path: ({ group }) => `/secrets/of/${group}` },
]
