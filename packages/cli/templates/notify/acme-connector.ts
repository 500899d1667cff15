import {
  type ConfigValues,
  createNotifyConnector,
  type NotifyConnector,
  type NotifyDefinition,
  postJson,
} from '@millrace/connectors/kit'

/** Titles of one line, the rate limit, aborts and redaction are the kit's; what the system takes is yours. */
export function createAcmeConnector(definition: NotifyDefinition, values: ConfigValues): NotifyConnector {
  const url = String(values.url).replace(/\/$/, '')
  const post = (path: string, body: object, signal: AbortSignal | undefined, retries = 3) =>
    postJson({
      system: 'Acme',
      url: `${url}${path}`,
      headers: { Authorization: `Bearer ${values.token}` },
      body: JSON.stringify(body),
      retries,
      signal,
    })
  return createNotifyConnector(definition, values, {
    label: `acme:${new URL(url).host}`,
    async send({ level, title, text = '', fields = {}, link }, to, signal) {
      // Escape here what the system would read as markup.
      const lines = [text, ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`), link?.url ?? '']
      const message = { level, title, text: lines.filter(Boolean).join('\n').replaceAll('<', '‹'), channel: to ?? null }
      const { json } = await post('/messages', message, signal)
      return { id: typeof json?.id === 'string' ? json.id : null }
    },
    async test(signal) {
      await post('/check', {}, signal, 0)
      return { message: 'Acme takes messages.' }
    },
  })
}
