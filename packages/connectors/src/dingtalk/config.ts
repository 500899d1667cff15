import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { perMinute } from '../kit/create-notify.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    webhook_url: {
      type: 'string',
      title: 'Webhook of the robot',
      description: 'Such as https://oapi.dingtalk.com/robot/send?access_token=… Whoever knows it can post.',
      env: ['DINGTALK_WEBHOOK_URL'],
    },
    signing_secret: {
      type: 'string',
      title: 'Signing secret',
      description: 'When the robot’s security setting is a signature.',
      env: ['DINGTALK_SIGNING_SECRET'],
    },
    per_minute: perMinute(20, 'DingTalk takes 20 a minute from one robot.'),
  },
  required: ['webhook_url'],
  secret: ['webhook_url', 'signing_secret'],
  order: ['webhook_url', 'signing_secret', 'per_minute'],
}

/** Only `dingtalk:`; everything else is secret and comes from the environment or a connection. */
export function parseUri(uri: string): ConfigValues {
  if (/^dingtalk:(?:\/\/)?$/i.test(uri)) return {}
  throw new ConfigError('INVALID_URI', {
    message: 'Write dingtalk: alone, and give the robot’s webhook by DINGTALK_WEBHOOK_URL or in a connection.',
  })
}
