import { expect, it } from 'vitest'
import { ConfigError } from './errors.ts'
import { kitLogger } from './kit-logger.ts'
import { createLogger } from './log.ts'

it('writes one JSON object a line, with secrets masked in fields, bindings, messages and errors', async () => {
  const lines: string[] = []
  const secrets = new Set(['hunter2'])
  const log = await createLogger({
    name: 'copy',
    secrets,
    secretFields: ['dsn'],
    write: (line) => void lines.push(line),
  })
  const cause = new Error('server said: hunter2 is wrong')
  log
    .child({ token: 'abcd' })
    .error({ err: new ConfigError('BAD', { message: 'No way in.', details: { dsn: 'q' }, cause }) }, 'with hunter2')
  secrets.add('later-secret')
  log.info('later-secret')
  log.debug('not shown')
  const [first, second] = lines.map((line) => JSON.parse(line))
  expect(lines).toHaveLength(2)
  expect(first).toMatchObject({
    level: 'error',
    name: 'copy',
    token: '***',
    msg: 'with ***',
    err: {
      type: 'ConfigError',
      code: 'BAD',
      message: 'No way in.',
      details: { dsn: '***' },
      cause: { message: 'server said: *** is wrong' },
    },
  })
  expect(second.msg).toBe('***')
  expect(lines.join('')).not.toMatch(/hunter2|abcd/)
})

it('writes a line for people in the text format', async () => {
  const lines: string[] = []
  const log = await createLogger({ name: 'copy', format: 'text', write: (line) => void lines.push(line) })
  log.warn({ rows: 3 }, 'two\nlines')
  expect(lines.join('')).toMatch(
    /^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d\]\[copy\]\[WARN\] two lines \{"rows":3\}\n$/,
  )
})

it('logs for ingestion scripts with local time, offset, tag and level, one line each', () => {
  const lines: string[] = []
  const log = kitLogger({
    tag: 'nightly',
    secrets: ['hunter2'],
    write: (line) => void lines.push(line),
    now: () => new Date(2026, 2, 1, 9, 30, 5, 678),
  })
  log.info('loaded 3 rows')
  log.warning('first\r\n  second hunter2\n')
  expect(lines.map((line) => line.replace(/[+-]\d\d:\d\d\]/, '+00:00]'))).toEqual([
    '[2026-03-01T09:30:05+00:00][nightly][INFO] loaded 3 rows\n',
    '[2026-03-01T09:30:05+00:00][nightly][WARNING] first second ***\n',
  ])
})
