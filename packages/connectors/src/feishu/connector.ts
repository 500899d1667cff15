import type { NotifyDefinition } from '../kit/create-notify.ts'
import { configSchema, parseUri } from './config.ts'
import { createFeishuConnector } from './feishu-connector.ts'

export const definition: NotifyDefinition = {
  name: 'feishu',
  title: 'Feishu',
  kind: 'notify',
  schemes: ['feishu'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [
    {
      kind: 'protocol fake',
      name: 'an HTTP server that answers as Feishu documents',
      note: 'No robot was at hand.',
    },
  ],
  parseUri,
  create: (config) => createFeishuConnector(definition, config),
}
