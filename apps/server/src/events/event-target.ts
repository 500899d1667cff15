import { ConfigError } from '@millrace/core'
import type { EventMessage } from './event-message.ts'

/** A broker that events go to. */
export interface EventTarget extends AsyncDisposable {
  /** Names it in the table of events, which remembers who has which. */
  readonly name: 'redis' | 'amqp'
  /**
   * Done when the broker has all of them, in this order. When it rejects the broker may have some, and all are sent again.
   * Connects when it has to, and anew after every failure, since another server may be the one to speak to by then.
   */
  send(messages: readonly EventMessage[], signal: AbortSignal): Promise<void>
}

/** Drivers are installed where they are used only. */
export async function brokerDriver<Driver>(name: 'ioredis' | 'amqplib', load: () => Promise<Driver>): Promise<Driver> {
  try {
    return await load()
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new ConfigError('DRIVER_MISSING', {
      message: `The package "${name}" is needed to send events and is not installed. Install it beside the server with: npm install ${name}`,
      details: { driver: name },
      cause,
    })
  }
}
