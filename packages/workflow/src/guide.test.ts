import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildPackage } from './build.ts'

const root = join(import.meta.dirname, '../../..')
const run = promisify(execFile)
let folder: string

/** The package that the guide writes, file by file. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-workflow-guide-'))
  const guide = await readFile(join(root, 'docs/guides/workflows.md'), 'utf8')
  for (const [, file = '', code = ''] of guide.matchAll(/^`(src\/\S+)`:\n\n```ts\n(.*?)^```$/gms)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), code)
  }
  await writeFile(join(folder, 'package.json'), '{ "name": "guide", "type": "module" }')
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

it('the examples compile', async () => {
  const config = {
    extends: join(root, 'tsconfig.base.json'),
    compilerOptions: {
      composite: false,
      declarationMap: false,
      noEmit: true,
      rootDir: '/',
      customConditions: ['@millrace/source'],
    },
    include: ['src'],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { stdout } = await run(join(root, 'node_modules/.bin/tsc'), ['-p', folder]).catch((error) => error)
  expect(stdout).toBe('')
})

it('the tests of the examples pass', async () => {
  const args = ['--conditions=@millrace/source', '--test', '--test-reporter=tap', join(folder, 'src/flights.test.ts')]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await run(process.execPath, args, { cwd: folder, env }).catch((error) => error)
  expect(stdout).toMatch(/^# pass 3$/m)
  expect(stdout).toMatch(/^# fail 0$/m)
})

it('the examples are built', async () => {
  const built = await buildPackage({ folder, out: join(folder, 'dist') })
  expect((await readdir(join(folder, 'dist'))).filter((name) => name.endsWith('.json'))).toEqual([
    'flights_daily_1.0.json',
    'load_all_dev.json',
    'load_table_dev.json',
  ])
  expect(built.workflows).toHaveLength(3)
})
