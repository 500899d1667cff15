import { createHmac } from 'node:crypto'
import { ConfigError, TransientError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import { levelMarks, type NotifyDefinition, shorten } from '../kit/create-notify.ts'
import type { Notification, NotifyConnector } from '../kit/notify.ts'
import { createRobotConnector } from '../kit/robot-webhook.ts'

const colours = { info: 'blue', success: 'green', warning: 'orange', error: 'red' } as const

/** A custom robot of a Feishu (Lark) group, with message cards of plain text. */
export function createFeishuConnector(definition: NotifyDefinition, values: ConfigValues): NotifyConnector {
  return createRobotConnector(definition, values, {
    system: 'Feishu',
    request: (notification, url, secret) => ({
      url,
      body: { ...signed(secret), msg_type: 'interactive', card: card(notification) },
    }),
    accept({ json }) {
      const code = json?.code ?? json?.StatusCode
      if (code === 0) return
      const message = `Feishu said: ${code ?? 'no code'} ${String(json?.msg ?? '').slice(0, 200)}.`
      // 11232: too many messages; 11233: the same of the whole tenant.
      if (code === 11232 || code === 11233) {
        throw new TransientError('RATE_LIMITED', { message, details: { retryAfterMs: 5000 } })
      }
      throw new ConfigError('MESSAGE_REFUSED', {
        message: `${message} Check the robot’s security setting (signing secret, keyword or address list) and its webhook.`,
      })
    },
  })
}

/** The key is timestamp (in seconds) and secret, the message is empty. */
function signed(secret: string | undefined): object {
  if (secret === undefined) return {}
  const timestamp = String(Math.floor(Date.now() / 1000))
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${secret}`).update('').digest('base64') }
}

/** Elements of plain text need no escaping. A card holds 30,000 bytes at most. */
function card({ level, title, text, fields, link }: Notification): object {
  const plain = (content: string, length: number) => ({ tag: 'plain_text', content: shorten(content, length) })
  const entries = Object.entries(fields ?? {}).slice(0, 50)
  return {
    header: { template: colours[level], title: plain(`${levelMarks[level]} ${title}`, 200) },
    elements: [
      ...(text ? [{ tag: 'div', text: plain(text, 4000) }] : []),
      ...(entries.length > 0
        ? [
            {
              tag: 'div',
              fields: entries.map(([name, value]) => ({ is_short: false, text: plain(`${name}: ${value}`, 100) })),
            },
          ]
        : []),
      ...(link
        ? [
            {
              tag: 'action',
              actions: [{ tag: 'button', text: plain(link.title, 100), type: 'default', url: link.url }],
            },
          ]
        : []),
    ],
  }
}
