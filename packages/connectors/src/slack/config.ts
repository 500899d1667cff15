import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { perMinute } from '../kit/create-notify.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    webhook_url: {
      type: 'string',
      title: 'Incoming webhook',
      description: 'The address of an incoming webhook. Whoever knows it can post.',
      env: ['SLACK_WEBHOOK_URL'],
    },
    token: {
      type: 'string',
      title: 'Bot token',
      description: 'A token with the scope chat:write, instead of a webhook.',
      env: ['SLACK_BOT_TOKEN', 'SLACK_TOKEN'],
    },
    channel: {
      type: 'string',
      title: 'Channel',
      description: 'Name or id; needed with a token. A webhook has its own channel.',
      env: ['SLACK_CHANNEL'],
    },
    api_url: { type: 'string', title: 'API', default: 'https://slack.com/api', env: ['SLACK_API_URL'] },
    per_minute: perMinute(60, 'Slack takes about one message a second for each channel.'),
  },
  required: [],
  secret: ['webhook_url', 'token'],
  order: ['webhook_url', 'token', 'channel', 'api_url', 'per_minute'],
}

/** `slack:CHANNEL`; webhook or token come from the environment or a connection. */
export function parseUri(uri: string): ConfigValues {
  const channel = /^slack:(?:\/\/)?([#@]?[\w.-]*)$/i.exec(uri)?.[1]
  if (channel === undefined) {
    throw new ConfigError('INVALID_URI', {
      message:
        'The address of the Slack channel cannot be read. Write it like slack:alerts; tokens do not belong in it.',
    })
  }
  return channel === '' ? {} : { channel }
}
