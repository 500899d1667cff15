import type { NotifyDefinition } from '../kit/create-notify.ts'
import { configSchema, parseUri } from './config.ts'
import { createWebhookConnector } from './webhook-connector.ts'

export const definition: NotifyDefinition = {
  name: 'webhook',
  title: 'Webhook',
  kind: 'notify',
  schemes: ['webhook+https', 'webhook+http'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [{ kind: 'real server', name: 'an HTTP server in process' }],
  parseUri,
  create: (config) => createWebhookConnector(definition, config),
}
