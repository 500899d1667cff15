import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { NotifyConnector } from '../kit/notify.ts'
import { describeNotifyConnector } from '../kit/notify-connector.contract.ts'
import { resolveConfig } from '../kit/resolve-config.ts'
import { definition } from './connector.ts'

const taken: { to: string[]; raw: string }[] = []
const answers: number[] = []
let smtp: SMTPServer
let port: number

beforeAll(async () => {
  smtp = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) =>
      username === 'mill' && password === 'very-secret' ? done(null, { user: 'mill' }) : done(new Error('bad login')),
    onRcptTo(_address, _session, done) {
      const responseCode = answers.shift()
      done(responseCode === undefined ? null : Object.assign(new Error('not now'), { responseCode }))
    },
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        taken.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw: Buffer.concat(parts).toString() })
        done(null)
      })
    },
  })
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve))
  port = (smtp.server.address() as AddressInfo).port
})
afterAll(() => new Promise<void>((resolve) => smtp.close(() => resolve())))

const config = () => ({
  host: '127.0.0.1',
  port,
  tls: 'none',
  user: 'mill',
  password: 'very-secret',
  from: 'Millrace <data@example.com>',
  to: 'ada@example.com, bob@example.com',
})
const make = (more: Record<string, string | number> = {}) =>
  definition.create(resolveConfig(definition, { ...config(), ...more }, {})) as NotifyConnector

/** Bodies are encoded; decode what the parts say. */
function readable(raw: string): string {
  return raw
    .replace(/=\r?\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/g, (bytes) => Buffer.from(bytes.replaceAll('=', ''), 'hex').toString())
    .replace(/^[A-Za-z0-9+/\r\n]{60,}={0,2}$/gm, (text) => Buffer.from(text, 'base64').toString())
}

describeNotifyConnector('email', () => ({
  definition,
  config: config(),
  arrived: () => taken.map(({ raw }) => readable(raw).replace('<!channel> <script>', '')),
  failFor: (attempts) => answers.push(...Array(2 * attempts).fill(451)),
  refuse: () => answers.push(550, 550),
  unreachable: { port: 1 },
}))

test('a mail has text and HTML, and goes to everybody named', async () => {
  await using connector = make()
  const { id } = await connector.notify({ level: 'error', title: 'Load failed', fields: { rows: '<3>' } })
  expect(id).toMatch(/^<.+@.+>$/)
  const { to, raw } = taken.at(-1) as (typeof taken)[0]
  expect(to).toEqual(['ada@example.com', 'bob@example.com'])
  expect(raw).toMatch(/^Content-Type: multipart\/alternative/m)
  expect(readable(raw)).toContain('rows: <3>')
  expect(readable(raw)).toContain('&lt;3&gt;')
  await connector.notify({ level: 'info', title: 'x' }, { to: 'eve@example.com' })
  expect(taken.at(-1)?.to).toEqual(['eve@example.com'])
})

test('an address that is refused for now gets the mail later, and the others get it once', async () => {
  await using connector = make()
  answers.push(451)
  const before = taken.length
  await connector.notify({ level: 'info', title: 'partly' })
  expect(taken.slice(before).map(({ to }) => to)).toEqual([['bob@example.com'], ['ada@example.com']])
})

test('a wrong password and missing TLS are told apart, and tell nothing', async () => {
  await using wrong = make({ password: 'not-the-password' })
  const failed = wrong.notify({ level: 'info', title: 'x' })
  await expect(failed).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  await expect(failed).rejects.not.toThrow('not-the-password')
  await using encrypted = make({ tls: 'starttls' })
  expect(await encrypted.testConnection()).toMatchObject({ ok: false, message: expect.stringContaining('"tls"') })
})

test('addresses are mail addresses or servers', () => {
  expect(definition.parseUri('mailto:ada@example.com')).toEqual({ to: 'ada@example.com' })
  expect(definition.parseUri('smtps://mill:p%40ss@mail.example.com?from=a@b.c')).toEqual({
    host: 'mail.example.com',
    port: 465,
    tls: 'tls',
    user: 'mill',
    password: 'p@ss',
    from: 'a@b.c',
  })
})
