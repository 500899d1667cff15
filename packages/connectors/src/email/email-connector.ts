import { readFile } from 'node:fs/promises'
import { ConfigError, DataError, retry, TransientError } from '@millrace/core'
import type { Transporter } from 'nodemailer'
import type { ConfigValues } from '../kit/config-schema.ts'
import { createNotifyConnector, levelMarks, type NotifyDefinition } from '../kit/create-notify.ts'
import { importDriver } from '../kit/import-driver.ts'
import type { NotifyConnector } from '../kit/notify.ts'
import { htmlText, plainText } from './message.ts'

/** Mail by SMTP, as text and HTML. */
export function createEmailConnector(definition: NotifyDefinition, values: ConfigValues): NotifyConnector {
  const label = `smtp://${values.host}:${values.port}`
  let opened: Promise<Transporter> | undefined
  const transport = () => {
    opened ??= openTransport(values)
    return opened
  }
  const attempt = async <T>(work: (transport: Transporter) => Promise<T>): Promise<T> => {
    try {
      return await work(await transport())
    } catch (error) {
      throw smtpError(error, label)
    }
  }
  return createNotifyConnector(definition, values, {
    label,
    async send(notification, to, signal) {
      const recipients = to ?? values.to
      if (recipients === undefined || String(recipients).trim() === '') {
        throw new ConfigError('RECIPIENT_REQUIRED', {
          message: 'Say who gets the mail: configure "to" (SMTP_TO), or name addresses with the message.',
        })
      }
      const message = {
        from: String(values.from),
        to: String(recipients),
        subject: `${levelMarks[notification.level]} ${notification.title}`,
        text: plainText(notification),
        html: htmlText(notification),
      }
      let pending: string[] | null = null
      let id: string | null = null
      await retry(
        async () => {
          // Whoever has the mail already does not get it again.
          const again: { readonly envelope?: { from: string; to: string[] } } =
            pending === null ? {} : { envelope: { from: message.from, to: pending } }
          const sent = await attempt((open) => open.sendMail({ ...message, ...again }))
          id = sent.messageId ?? null
          const { rejected = [], rejectedErrors = [] } = sent
          if (rejected.length === 0) return
          pending = rejected.map(String)
          throw smtpError(rejectedErrors[0] ?? new Error('an address was refused'), label)
        },
        { retries: 3, signal },
      )
      return { id }
    },
    async test() {
      await attempt((open) => open.verify())
      return { message: `The mail server ${label} takes mail${values.user ? ' from this user' : ''}.` }
    },
    async close() {
      await opened?.then(
        (transport) => transport.close(),
        () => {},
      )
    },
  })
}

async function openTransport({ host, port, user, password, tls, tls_ca }: ConfigValues): Promise<Transporter> {
  const { createTransport } = await importDriver<typeof import('nodemailer')>('nodemailer')
  return createTransport({
    host: String(host),
    port: Number(port),
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(tls_ca === undefined ? {} : { tls: { ca: await readFile(String(tls_ca)) } }),
    ...(user === undefined ? {} : { auth: { user: String(user), pass: String(password ?? '') } }),
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    // Files and addresses of attachments are nobody's to choose.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

function smtpError(error: unknown, label: string): Error {
  if (!(error instanceof Error)) return new TransientError('CONNECTION_FAILED', { message: `${label}: ${error}` })
  const { code, responseCode } = error as { code?: string; responseCode?: number }
  const said = error.message.replace(/\s+/g, ' ')
  const message = `The mail server ${label} failed: ${said}.`
  if (code === 'EAUTH') {
    return new ConfigError('ACCESS_DENIED', {
      message: `The mail server ${label} refused the user or the password. Check "user" and "password".`,
    })
  }
  if (code === 'ETLS' || /certificate|self-signed|STARTTLS/i.test(said)) {
    return new ConfigError('TLS_FAILED', { message: `${message} Check "tls" and "tls_ca".` })
  }
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 500) {
    return new TransientError('SERVICE_UNAVAILABLE', { message, details: { responseCode } })
  }
  if (responseCode !== undefined && responseCode >= 500) {
    return new DataError('MESSAGE_REFUSED', {
      message: `${message} Check the addresses "from" and "to".`,
      details: { responseCode },
    })
  }
  if (code === 'EENVELOPE') return new DataError('MESSAGE_REFUSED', { message: `${message} Check the addresses.` })
  return new TransientError('CONNECTION_FAILED', { message: `${message} Check host, port and the network.` })
}
