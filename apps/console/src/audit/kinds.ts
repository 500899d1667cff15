/** Kinds of things whose changes the server notes, by what they are about. */
const kindsByGroup: Readonly<Record<string, readonly string[]>> = {
  'People and projects': ['project', 'group', 'namespace', 'relation', 'user', 'preferences'],
  Access: ['session', 'personal_token', 'worker_token'],
  Work: ['workflow', 'pool', 'variable', 'project variable'],
  Pipelines: [...['pipeline', 'pipeline_type', 'pipeline_template', 'transformation', 'client', 'brand', 'segment']],
  Data: ['connection', 'data_connector', 'data_connector_link', 'data_connector_secret', 'cloud_storage'],
  Secrets: ['task_secret', 'user_secret', 'session_secret', 'session_secret_slot'],
  Sessions: ['session_launcher', 'session_environment', 'resource_pool', 'resource_class', 'resource_quota'],
  Platform: ['platform_config', 'authorization_config', 'redirect', 'oauth_provider', 'oauth_connection'],
}

/** As a person reads it. */
export function kindText(kind: string): string {
  return kind === 'relation'
    ? 'role or visibility'
    : kind === 'session'
      ? 'signed-in browser'
      : kind.replaceAll('_', ' ')
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
