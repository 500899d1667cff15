import type { Schema } from '../api/index.ts'

/** Kinds of things whose changes the server notes, by what they are about. */
const kindsByGroup: Readonly<Record<string, readonly string[]>> = {
  'People and projects': ['project', 'group', 'namespace', 'relation', 'user', 'preferences'],
  Access: ['session', 'cli_sign_in', 'personal_token', 'worker_token'],
  Work: ['workflow', 'run', 'backfill', 'pool', 'variable', 'project variable', 'worker'],
  Pipelines: [...['pipeline', 'pipeline_type', 'pipeline_template', 'transformation', 'client', 'brand', 'segment']],
  Data: ['connection', 'data_connector', 'data_connector_link', 'data_connector_secret', 'cloud_storage'],
  Secrets: ['task_secret', 'user_secret', 'session_secret', 'session_secret_slot'],
  Sessions: ['session_launcher', 'session_environment', 'resource_pool', 'resource_class', 'resource_quota'],
  Platform: ['platform_config', 'authorization_config', 'redirect', 'oauth_provider', 'oauth_connection', 'job'],
}

/** As a person reads it. */
export function kindText(kind: string): string {
  return kindTexts[kind] ?? kind.replaceAll('_', ' ')
}

const kindTexts: Readonly<Record<string, string>> = {
  relation: 'role or visibility',
  session: 'browser',
  cli_sign_in: 'sign-in at a command line',
}

interface Deed {
  readonly label: string
  readonly color: string
}

type Action = Schema<'AuditEvent'>['action']

const deeds: Readonly<Record<Action, Deed>> = {
  insert: { label: 'created', color: 'green' },
  update: { label: 'changed', color: 'blue' },
  delete: { label: 'removed', color: 'red' },
  read: { label: 'given to a task', color: 'gray' },
}

/** Where other words say it better. */
const deedTexts: Readonly<Record<string, Partial<Record<Action, string>>>> = {
  session: { insert: 'signed in', delete: 'signed out' },
  cli_sign_in: { delete: 'denied' },
  run: { insert: 'started' },
  job: { update: 'asked to run' },
}

/** What was done, as a person reads it. */
export function deedOf({ entity, action }: Pick<Schema<'AuditEvent'>, 'entity' | 'action'>): Deed {
  const { label, color } = deeds[action]
  return { label: deedTexts[entity]?.[action] ?? label, color }
}

/** For a list of choices; a kind from the address that is not known here stands first. */
export function kindChoices(chosen: string) {
  const groups = Object.entries(kindsByGroup).map(([group, kinds]) => ({
    group,
    items: kinds.map((value) => ({ value, label: kindText(value) })),
  }))
  const isKnown = chosen === '' || groups.some(({ items }) => items.some(({ value }) => value === chosen))
  return isKnown
    ? groups
    : [{ group: 'From the address', items: [{ value: chosen, label: kindText(chosen) }] }, ...groups]
}
