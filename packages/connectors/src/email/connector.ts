import type { NotifyDefinition } from '../kit/create-notify.ts'
import { configSchema, parseUri } from './config.ts'
import { createEmailConnector } from './email-connector.ts'

export const definition: NotifyDefinition = {
  name: 'email',
  title: 'E-mail (SMTP)',
  kind: 'notify',
  schemes: ['mailto', 'smtp', 'smtps'],
  configSchema,
  capabilities: { source: false, sink: false, query: false, scopes: false },
  testedAgainst: [{ kind: 'real server', name: 'the SMTP server of the package smtp-server, in process' }],
  drivers: ['nodemailer'],
  parseUri,
  create: (config) => createEmailConnector(definition, config),
}
