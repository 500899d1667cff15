import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { ConfigValues } from './config-schema.ts'
import type { NotifyDefinition } from './create-notify.ts'
import type { Notification, NotifyConnector } from './notify.ts'
import { secretsOf } from './redact.ts'
import { resolveConfig } from './resolve-config.ts'

/** What a messenger has to bring to be held to the contract. */
export interface NotifySamples {
  readonly definition: NotifyDefinition
  /** A configuration that reaches the test's server; every secret of the schema that applies is set. */
  readonly config: ConfigValues
  /** The messages that arrived so far, as the receiver gets them. */
  readonly arrived: () => readonly string[]
  /** The next attempts fail in a way that another try mends; then messages arrive again. */
  readonly failFor: (attempts: number) => void
  /** The next message is refused for good. */
  readonly refuse: () => void
  /** A configuration of an address where nobody listens. */
  readonly unreachable: ConfigValues
}

export const hostileNotification: Notification = {
  level: 'error',
  title: 'Load <b>failed</b> & "stopped"\nX-Injected: yes',
  text: 'line one\nline two <!channel> <script>alert(1)</script> {{ 1 }} *bold* [a](b) @all 表 🚀',
  fields: { 'table <i>': 'orders & "items"', rows: '1' },
  link: { title: 'Run <1>', url: 'https://example.com/runs/1?a=b&c=<d>' },
}

/** What every messenger has to do. */
export function describeNotifyConnector(name: string, samples: () => NotifySamples): void {
  describe(`${name} keeps the contract of messengers`, () => {
    const make = (config: ConfigValues = {}): NotifyConnector =>
      samples().definition.create(
        resolveConfig(samples().definition, { ...samples().config, ...config }, {}),
      ) as NotifyConnector
    const count = () => samples().arrived().length

    test('a message of any content arrives once, and nothing in it is markup', async () => {
      await using connector = make()
      const before = count()
      await connector.notify(hostileNotification)
      expect(count()).toBe(before + 1)
      const message = samples().arrived().at(-1) as string
      expect(message).toContain('orders')
      expect(message).toContain('表')
      expect(message).not.toContain('<!channel>')
      expect(message).not.toMatch(/^X-Injected/m)
    })

    test('what passes by itself is tried again, and arrives once', async () => {
      await using connector = make()
      const before = count()
      samples().failFor(1)
      await connector.notify({ level: 'info', title: 'again' })
      expect(count()).toBe(before + 1)
    })

    test('a refusal is an error at once', async () => {
      await using connector = make()
      samples().refuse()
      await expect(connector.notify({ level: 'info', title: 'refused' })).rejects.toMatchObject({
        recovery: expect.stringMatching(/^(config|data)$/),
      })
    })

    test('an empty title is refused before anything is sent', async () => {
      await using connector = make()
      const before = count()
      await expect(connector.notify({ level: 'info', title: ' \n ' })).rejects.toMatchObject({ code: 'TITLE_REQUIRED' })
      expect(count()).toBe(before)
    })

    test('an abort ends the waiting with its reason', async () => {
      await using connector = make()
      const reason = new Error('enough')
      const sent = connector.notify({ level: 'info', title: 'late' }, { signal: AbortSignal.abort(reason) })
      await expect(sent).rejects.toBe(reason)
    })

    test('more messages than a minute takes wait', async () => {
      await using connector = make({ per_minute: 2 })
      const before = count()
      const stop = new AbortController()
      const waiting = [1, 2, 3].map((number) =>
        connector.notify({ level: 'info', title: `message ${number}` }, { signal: stop.signal }),
      )
      await Promise.all(waiting.slice(0, 2))
      expect(count()).toBe(before + 2)
      stop.abort(new Error('enough'))
      await expect(waiting[2]).rejects.toThrow('enough')
      expect(count()).toBe(before + 2)
    })

    test('testConnection answers, sends nothing, and tells no secret', async () => {
      const before = count()
      await using connector = make()
      expect(await connector.testConnection()).toMatchObject({ ok: true })
      expect(count()).toBe(before)
      await using broken = make(samples().unreachable)
      const result = await broken.testConnection()
      const values = { ...samples().config, ...samples().unreachable }
      const shown = `${result.message} ${broken.label} ${inspect(connector, { depth: 9 })} ${JSON.stringify(connector)}`
      expect(result.ok).toBe(false)
      for (const secret of secretsOf(samples().definition.configSchema, values)) expect(shown).not.toContain(secret)
    })
  })
}
