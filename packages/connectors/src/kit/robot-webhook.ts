import { ConfigError } from '@millrace/core'
import type { ConfigValues } from './config-schema.ts'
import { createNotifyConnector, type NotifyDefinition } from './create-notify.ts'
import type { Notification, NotifyConnector } from './notify.ts'
import { type JsonAnswer, postJson } from './post-json.ts'

/** A group chat's robot: it is posted to at a secret address, and its answer's own code says whether it took the message. */
export interface Robot {
  readonly system: string
  /** The address and the body of a message, signed when there is a secret. */
  request(notification: Notification, url: URL, secret: string | undefined): { url: URL; body: object }
  /** Throws unless the message was taken. */
  accept(answer: JsonAnswer): void
}

export function createRobotConnector(
  definition: NotifyDefinition,
  values: ConfigValues,
  robot: Robot,
): NotifyConnector {
  const { system } = robot
  const address = String(values.webhook_url)
  if (!URL.canParse(address) || !/^https?:/i.test(address)) {
    throw new ConfigError('INVALID_CONFIGURATION', {
      message: `The connector "${definition.name}" needs a whole address that begins with https:// for "webhook_url".`,
    })
  }
  return createNotifyConnector(definition, values, {
    label: definition.name,
    async send(notification, to, signal) {
      if (to !== undefined) {
        throw new ConfigError('NOT_SUPPORTED', {
          message: `A robot of ${system} posts to its own group only. Configure a connection for each group.`,
        })
      }
      const secret = values.signing_secret === undefined ? undefined : String(values.signing_secret)
      const { url, body } = robot.request(notification, new URL(address), secret)
      await postJson({ system, url: url.href, body: JSON.stringify(body), accept: robot.accept, signal })
      return { id: null }
    },
    async test(signal) {
      const response = await fetch(new URL(address).origin, {
        method: 'HEAD',
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(10_000)]) : AbortSignal.timeout(10_000),
      }).catch(() => null)
      if (response === null) {
        throw new ConfigError('CONNECTION_FAILED', {
          message: `${system} cannot be reached. Check the address and the network.`,
        })
      }
      return { message: `${system} answers. Whether the robot takes messages shows when one is sent.` }
    },
  })
}
