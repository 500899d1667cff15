import { createHmac } from 'node:crypto'
import { ConfigError, parseTemplate } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import { createNotifyConnector, type NotifyDefinition } from '../kit/create-notify.ts'
import type { Notification, NotifyConnector } from '../kit/notify.ts'
import { postJson } from '../kit/post-json.ts'

const system = 'The webhook'

/** Posts the notification as JSON to any address, signed when there is a secret. */
export function createWebhookConnector(definition: NotifyDefinition, values: ConfigValues): NotifyConnector {
  const host = hostOf(String(values.url))
  const template =
    values.body_template === undefined ? null : parseTemplate(String(values.body_template), 'The webhook’s body')
  return createNotifyConnector(definition, values, {
    label: `webhook:${host}`,
    async send(notification, to, signal) {
      if (to !== undefined) {
        throw new ConfigError('NOT_SUPPORTED', {
          message: 'A webhook has one address; no other receiver can be named.',
        })
      }
      const body = bodyOf(notification)
      const timestamp = String(Math.floor(Date.now() / 1000))
      await postJson({
        system,
        url: String(values.url),
        body,
        headers: {
          ...(values.authorization === undefined ? {} : { Authorization: String(values.authorization) }),
          ...(values.signing_secret === undefined
            ? {}
            : {
                'X-Millrace-Timestamp': timestamp,
                'X-Millrace-Signature': `sha256=${signature(String(values.signing_secret), timestamp, body)}`,
              }),
        },
        signal,
      })
      return { id: null }
    },
    async test(signal) {
      const response = await fetch(String(values.url), {
        method: 'HEAD',
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(10_000)]) : AbortSignal.timeout(10_000),
      }).catch(() => null)
      if (response === null || response.status >= 500) {
        throw new ConfigError('CONNECTION_FAILED', {
          message: `The webhook at ${host} ${response === null ? 'cannot be reached' : `answered ${response.status}`}. Check the address.`,
        })
      }
      return { message: `The host ${host} answers. Whether the webhook takes messages shows when one is sent.` }
    },
  })

  function bodyOf({ level, title, text = '', fields = {}, link }: Notification): string {
    const message = { level, title, text, fields, link: link ?? null, time: new Date().toISOString() }
    if (template === null) return JSON.stringify(message)
    const body = template.render(message)
    try {
      JSON.parse(body)
    } catch {
      throw new ConfigError('TEMPLATE_FAILED', {
        message: 'The webhook’s body is no JSON once it is filled in. Write values as {{ title | tojson }}.',
      })
    }
    return body
  }
}

/** HMAC-SHA256 over `timestamp.body`, in hexadecimal digits. */
function signature(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
}

/** Path and query may hold the secret. */
function hostOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new ConfigError('INVALID_CONFIGURATION', {
      message: 'The connector "webhook" needs a whole address that begins with https:// or http:// for "url".',
    })
  }
  return parsed.host
}
