import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { perMinute } from '../kit/create-notify.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    webhook_url: {
      type: 'string',
      title: 'Webhook of the robot',
      description: 'Such as https://open.feishu.cn/open-apis/bot/v2/hook/… Whoever knows it can post.',
      env: ['FEISHU_WEBHOOK_URL'],
    },
    signing_secret: {
      type: 'string',
      title: 'Signing secret',
      description: 'When the robot’s security setting is a signature.',
      env: ['FEISHU_SIGNING_SECRET'],
    },
    per_minute: perMinute(100, 'Feishu takes 100 a minute from one robot.'),
  },
  required: ['webhook_url'],
  secret: ['webhook_url', 'signing_secret'],
  order: ['webhook_url', 'signing_secret', 'per_minute'],
}

/** Only `feishu:`; everything else is secret and comes from the environment or a connection. */
export function parseUri(uri: string): ConfigValues {
  if (/^feishu:(?:\/\/)?$/i.test(uri)) return {}
  throw new ConfigError('INVALID_URI', {
    message: 'Write feishu: alone, and give the robot’s webhook by FEISHU_WEBHOOK_URL or in a connection.',
  })
}
