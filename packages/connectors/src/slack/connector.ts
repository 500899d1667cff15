import type { NotifyDefinition } from '../kit/create-notify.ts'
import { configSchema, parseUri } from './config.ts'
import { createSlackConnector } from './slack-connector.ts'

export const definition: NotifyDefinition = {
  name: 'slack',
  title: 'Slack',
  kind: 'notify',
  schemes: ['slack'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [
    {
      kind: 'protocol fake',
      name: 'an HTTP server that answers as Slack documents',
      note: 'No workspace was at hand.',
    },
  ],
  parseUri,
  create: (config) => createSlackConnector(definition, config),
}
