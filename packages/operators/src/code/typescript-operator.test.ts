import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failureOf, outputOf, runOperator } from '../run-operator.test.fixture.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('code with types runs with the context and its arguments', async () => {
  const code = `
import { basename } from 'node:path'
interface Args { day: string }
export async function run(context: any, { day }: Args): Promise<unknown> {
  context.log.info(\`on \${day}\`)
  return { day, file: basename('/a/b.csv'), workflow: context.run.workflow, braces: '{{ dt }}' }
}`
  const ran = await runOperator('typescript', { code, args: { day: '{{ dt }}' } })
  expect(outputOf(ran)).toEqual({ day: '2024-01-02', file: 'b.csv', workflow: 'sales.daily', braces: '{{ dt }}' })
  expect(ran.text).toBe('on 2024-01-02')
})

test('code may open connections with what Millrace brings', async () => {
  const code = `
import { openConnection } from '@millrace/operators'
export async function run(context) {
  await using database = await openConnection(context, 'local', 'sql')
  await database.execute('create table t as select 1 as a union all select 2')
  return await database.query('select sum(a) from t', { scalar: true })
}`
  const connections = { local: { connector: 'sqlite', values: { path: join(folder, 'code.sqlite') } } }
  const ran = await runOperator('typescript', { code, connections: ['local'] }, { connections })
  expect(outputOf(ran)).toBe(3)
  expect(failureOf(await runOperator('typescript', { code }, { connections }))).toMatchObject({
    code: 'CONNECTION_NOT_DECLARED',
  })
})

test.each([
  ['\nexport function run( { return 1 }', 'CODE_INVALID', /\(line 2\)/],
  ['export enum A { b }', 'CODE_INVALID', /\(line 1\).*enum/],
  ['export const go = 1', 'CODE_WITHOUT_RUN', /export async function run/],
])('%j is refused with %s', async (code, expected, text) => {
  expect(failureOf(await runOperator('typescript', { code }))).toMatchObject({
    code: expected,
    message: expect.stringMatching(text),
  })
})

test('an error of the code is its own, with the line it was thrown on', async () => {
  const code = 'type A = string\n\nexport function run() {\n  throw new TypeError("odd")\n}'
  expect(failureOf(await runOperator('typescript', { code }))).toMatchObject({
    code: 'TASK_FAILED',
    message: 'odd',
    stack: expect.stringMatching(/node\.ts-\w+:4:9/),
  })
})
