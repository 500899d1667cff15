import type { NotifyDefinition } from '../kit/create-notify.ts'
import { configSchema, parseUri } from './config.ts'
import { createDingtalkConnector } from './dingtalk-connector.ts'

export const definition: NotifyDefinition = {
  name: 'dingtalk',
  title: 'DingTalk',
  kind: 'notify',
  schemes: ['dingtalk'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [
    {
      kind: 'protocol fake',
      name: 'an HTTP server that answers as DingTalk documents',
      note: 'No robot was at hand.',
    },
  ],
  parseUri,
  create: (config) => createDingtalkConnector(definition, config),
}
