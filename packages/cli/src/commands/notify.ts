import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { type Notification, type NotifyConnector, renderNotification } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import { readConnections } from '../config-file/config-file.ts'
import { type Context, exitCodes } from '../context.ts'
import { resolveConnector } from '../endpoint.ts'

export interface NotifyRequest {
  readonly to: string
  readonly title: string
  readonly text?: string
  readonly level: Notification['level']
  readonly field?: Readonly<Record<string, string>>
  readonly link?: string
  readonly linkTitle?: string
  readonly receiver?: string
  readonly data?: Readonly<Record<string, string>>
  readonly dataFile?: string
  readonly json?: boolean
}

export async function notify(request: NotifyRequest, context: Context): Promise<number> {
  const { to, title, level, field, link, linkTitle, receiver, data } = request
  const values = { ...(await fileValues(request.dataFile)), ...data }
  const text = request.text === '-' ? await readAll(process.stdin) : request.text
  const message = renderNotification(
    {
      level,
      title,
      ...(text === undefined ? {} : { text }),
      ...(field === undefined ? {} : { fields: field }),
      ...(link === undefined ? {} : { link: { title: linkTitle ?? link, url: link } }),
    },
    values,
  )
  const lookup = { connections: () => readConnections(), secrets: context.secrets }
  const resolved = await resolveConnector(to, 'messenger', lookup)
  await using connector = resolved.create() as NotifyConnector
  const result = await connector.notify(message, {
    ...(receiver === undefined ? {} : { to: receiver }),
    signal: context.signal,
  })
  if (request.json) context.out(`${context.secrets.mask(JSON.stringify(result))}\n`)
  else context.err(`Sent to ${connector.label}.\n`)
  return exitCodes.done
}

async function fileValues(path: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (path === undefined) return {}
  const invalid = (why: string) =>
    new ConfigError('INVALID_DATA_FILE', {
      message: `The values of "${path}" cannot be read: ${why}. It has to be one JSON object.`,
    })
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('it is something else')
  return value as Record<string, unknown>
}
