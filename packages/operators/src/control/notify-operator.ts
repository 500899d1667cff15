import type { Notification } from '@millrace/connectors'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { openConnection } from '../kit/open-connection.ts'

export type NotifyConfig = {
  readonly connection: string
  readonly title: string
  readonly text?: string
  readonly level?: Notification['level']
  readonly fields?: { readonly [name: string]: string }
  readonly link?: { readonly title?: string; readonly url: string }
  readonly to?: string
}

const text = { type: 'string', minLength: 1 }

const notifyConfigSchema = {
  type: 'object',
  properties: {
    connection: {
      ...text,
      title: 'Connection',
      description: 'A messenger, such as Slack or email.',
      'x-connection': true,
    },
    title: { ...text, title: 'Title', description: 'One line.' },
    text: { type: 'string', title: 'Text' },
    level: { enum: ['info', 'success', 'warning', 'error'], default: 'info', title: 'Level' },
    fields: {
      type: 'object',
      title: 'Fields',
      description: 'Names and values, shown as a list.',
      additionalProperties: { type: 'string' },
    },
    link: {
      type: 'object',
      title: 'Link',
      properties: { title: { ...text, title: 'Text of the link' }, url: { ...text, title: 'Address' } },
      required: ['url'],
      additionalProperties: false,
    },
    to: {
      ...text,
      title: 'Receiver',
      description: 'A channel or addresses, as the messenger has them. Default: those of the connection.',
    },
  },
  required: ['connection', 'title'],
  additionalProperties: false,
}

export const notifyDefinition: OperatorDefinition = {
  name: 'notify',
  title: 'Notify',
  description: 'Sends a message by any messenger that has a connector.',
  configSchema: notifyConfigSchema,
  output: '`{ id }`, the messenger’s own id of the message where it gives one',
  example: { connection: 'team', title: 'Sales of {{ dt }} are in', level: 'success' },
}

export class NotifyOperator extends DefinedOperator<NotifyConfig> {
  constructor(config: NotifyConfig) {
    super(notifyDefinition, config)
  }

  protected async execute(config: NotifyConfig, context: TaskContext): Promise<Json> {
    const { connection, title, text: body, level = 'info', fields, link, to } = config
    await using messenger = await openConnection(context, connection, 'notify')
    const { id } = await messenger.notify(
      {
        level,
        title,
        ...(body === undefined ? {} : { text: body }),
        ...(fields === undefined ? {} : { fields }),
        ...(link === undefined ? {} : { link: { title: link.title ?? link.url, url: link.url } }),
      },
      { signal: context.signal, ...(to === undefined ? {} : { to }) },
    )
    context.log.info(`"${title}" was sent by ${messenger.label}.`)
    return { id }
  }
}
