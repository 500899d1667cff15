import { createHmac } from 'node:crypto'
import { ConfigError, TransientError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import { levelMarks, type NotifyDefinition, shorten } from '../kit/create-notify.ts'
import type { Notification, NotifyConnector } from '../kit/notify.ts'
import { createRobotConnector } from '../kit/robot-webhook.ts'

/** A custom robot of a DingTalk group, with messages in DingTalk's Markdown. */
export function createDingtalkConnector(definition: NotifyDefinition, values: ConfigValues): NotifyConnector {
  return createRobotConnector(definition, values, {
    system: 'DingTalk',
    request(notification, url, secret) {
      if (secret !== undefined) {
        const timestamp = String(Date.now())
        url.searchParams.set('timestamp', timestamp)
        url.searchParams.set('sign', createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64'))
      }
      const title = `${levelMarks[notification.level]} ${notification.title}`
      return {
        url,
        body: { msgtype: 'markdown', markdown: { title: shorten(title, 100), text: markdown(notification) } },
      }
    },
    accept({ json }) {
      const code = json?.errcode
      if (code === 0) return
      const message = `DingTalk said: ${code ?? 'no code'} ${String(json?.errmsg ?? '').slice(0, 200)}.`
      // 130101: more than 20 messages a minute; -1: busy.
      if (code === 130101 || code === -1) {
        throw new TransientError('RATE_LIMITED', { message, details: { retryAfterMs: 10_000 } })
      }
      throw new ConfigError('MESSAGE_REFUSED', {
        message: `${message} Check the robot’s security setting (signing secret, keyword or address list) and its webhook.`,
      })
    },
  })
}

/** 20,000 bytes at most; a line break needs two spaces before it. */
function markdown({ level, title, text, fields, link }: Notification): string {
  const parts = [`### ${levelMarks[level]} ${escapeMarkdown(title)}`]
  if (text) parts.push(escapeMarkdown(text).replaceAll('\n', '  \n'))
  for (const [name, value] of Object.entries(fields ?? {}))
    parts.push(`- **${escapeMarkdown(name)}**: ${escapeMarkdown(value)}`)
  if (link) parts.push(`[${escapeMarkdown(link.title)}](${link.url.replaceAll(/[()\s<>]/g, encodeURIComponent)})`)
  return shorten(parts.join('\n\n'), 5000)
}

/** A backslash before what Markdown would read, and no mention of anybody. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+!|<>~]/g, '\\$&').replaceAll('@', '＠')
}
