import { ConfigError, TransientError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import { createNotifyConnector, type NotifyDefinition } from '../kit/create-notify.ts'
import type { NotifyConnector } from '../kit/notify.ts'
import { type JsonAnswer, postJson } from '../kit/post-json.ts'
import { slackMessage } from './message.ts'

const system = 'Slack'

/** By an incoming webhook, or by `chat.postMessage` with a bot's token. */
export function createSlackConnector(definition: NotifyDefinition, values: ConfigValues): NotifyConnector {
  const { webhook_url: webhook, token, channel } = values
  if (webhook === undefined && token === undefined) {
    throw new ConfigError('MISSING_CONFIGURATION', {
      message:
        'The connector "slack" is not configured: it needs "webhook_url" (SLACK_WEBHOOK_URL) or "token" (SLACK_BOT_TOKEN).',
    })
  }
  const call = (method: string, body: object, signal: AbortSignal | undefined, retries = 3) =>
    postJson({
      system,
      retries,
      url: `${String(values.api_url).replace(/\/$/, '')}/${method}`,
      headers: { Authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
      accept,
      signal,
    })

  return createNotifyConnector(definition, values, {
    label: channel === undefined ? 'slack' : `slack:${channel}`,
    async send(notification, to, signal) {
      const message = slackMessage(notification)
      if (token === undefined) {
        if (to !== undefined) {
          throw new ConfigError('NOT_SUPPORTED', {
            message: 'A webhook of Slack posts to its own channel only. Configure a bot token to choose one.',
          })
        }
        await postJson({ system, url: String(webhook), body: JSON.stringify(message), signal })
        return { id: null }
      }
      const target = to ?? channel
      if (target === undefined) {
        throw new ConfigError('CHANNEL_REQUIRED', {
          message: 'Say which channel of Slack: configure "channel" (SLACK_CHANNEL), or name one with the message.',
        })
      }
      const { json } = await call('chat.postMessage', { channel: target, ...message }, signal)
      return { id: typeof json?.ts === 'string' ? json.ts : null }
    },
    async test(signal) {
      if (token !== undefined) {
        const { json } = await call('auth.test', {}, signal, 0)
        return { message: `Slack knows the token, of "${json?.user}" in "${json?.team}".` }
      }
      return await testWebhook(String(webhook), signal)
    },
  })
}

/** Slack refuses a message without text, and a webhook that does not exist in another way: nothing is posted. */
async function testWebhook(url: string, signal: AbortSignal | undefined): Promise<{ readonly message: string }> {
  try {
    await postJson({ system, url, body: '{}', retries: 0, signal })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'MESSAGE_REFUSED') throw error
  }
  return { message: 'The webhook of Slack is there.' }
}

/** The API answers 200 to everything; `ok` tells. */
function accept({ json }: JsonAnswer): void {
  if (json?.ok === true) return
  const error = String(json?.error ?? 'an answer that is not the API’s')
  if (['ratelimited', 'rate_limited', 'internal_error', 'fatal_error', 'service_unavailable'].includes(error)) {
    throw new TransientError('SERVICE_UNAVAILABLE', { message: `Slack said: ${error}.` })
  }
  throw new ConfigError('MESSAGE_REFUSED', {
    message: `Slack said: ${error}. Check the token, its scope chat:write, and that the bot is in the channel.`,
  })
}
