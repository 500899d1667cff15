import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { expect, it } from 'vitest'
import { buildPackage, collectWorkflows } from '../build.ts'
import { loadWorkflow } from '../index.ts'
import { temporaryFolder, workflowModule, writePackage } from './package.fixture.ts'

it('writes a manifest for each workflow and a zip that is named by its content', async () => {
  await using folder = await temporaryFolder()
  await writePackage(folder.path, {
    'src/flights.ts': workflowModule('flights', '1.0'),
    'workflows/hotels.ts': workflowModule('hotels'),
    'src/index.ts': "export { daily } from './flights.ts'",
  })
  const out = join(folder.path, 'dist')
  const built = await buildPackage({ folder: folder.path, out, version: '2.0' })
  expect((await readdir(out)).sort()).toEqual([
    `air-flights-${built.package.sha256.slice(0, 16)}.zip`,
    'flights_daily_1.0.json',
    'hotels_daily_2.0.json',
  ])
  const manifest = JSON.parse(await readFile(join(out, 'flights_daily_1.0.json'), 'utf8'))
  expect(manifest).toMatchObject({
    name: 'flights_daily',
    version: '1.0',
    source: { module: 'src/flights.ts', export: 'daily' },
    package: { name: '@air/flights', version: '1.0.0', sha256: built.package.sha256 },
  })
  const workflow = await loadWorkflow({ folder: folder.path, ...manifest.source })
  expect((await workflow.test()).output('Extract')).toBe(1)
})

it('gives the same bytes for the same files, whatever else is in the folder', async () => {
  await using one = await temporaryFolder()
  await using other = await temporaryFolder()
  const files = {
    'src/flights.ts': workflowModule('flights'),
    'src/data.csv': 'a,b\n',
    '.gitignore': '/exports\n*.key\n',
    'src/.gitignore': 'local.*\n',
    'package-lock.json': '{}',
  }
  await writePackage(one.path, files)
  await writePackage(other.path, {
    ...files,
    '.env': 'TOKEN=x',
    '.env.local': 'TOKEN=x',
    '.npmrc': '//host/:_authToken=x',
    '.millrace/state.json': '{}',
    'dist/old.js': '',
    'exports/big.csv': 'x',
    'src/private.key': 'x',
    'src/local.json': '{}',
  })
  await utimes(join(other.path, 'src/data.csv'), 1, 1)
  const a = await buildPackage({ folder: one.path, out: join(one.path, 'dist') })
  const b = await buildPackage({ folder: other.path, out: join(other.path, 'dist') })
  expect(await readFile(a.zip)).toEqual(await readFile(b.zip))
  expect(Object.keys(unzipSync(await readFile(a.zip))).sort()).toEqual([
    '.gitignore',
    'package-lock.json',
    'package.json',
    'src/.gitignore',
    'src/data.csv',
    'src/flights.ts',
  ])
})

it('K7: two versions of a workflow give two files, and a version is not replaced by other content', async () => {
  await using folder = await temporaryFolder()
  const out = join(folder.path, 'dist')
  const build = async (name: string, version: string, output: number) => {
    const source = join(folder.path, name)
    await writePackage(source, { 'src/flights.ts': workflowModule('flights', version, output) })
    return await buildPackage({ folder: source, out })
  }
  await build('one', '1', 1)
  await build('two', '2', 2)
  expect((await readdir(out)).filter((name) => name.endsWith('.json'))).toEqual([
    'flights_daily_1.json',
    'flights_daily_2.json',
  ])
  const before = await readdir(out)
  await expect(build('three', '1', 3)).rejects.toThrow(
    /src\/flights.ts, flights_daily_1: .* was built from other files before, and a version does not change/,
  )
  expect(await readdir(out)).toEqual(before)
  await build('one', '1', 1)
  await build('four', 'dev', 4)
  await build('five', 'dev', 5)
})

it('K8: fails with every problem at once, and writes nothing', async () => {
  await using folder = await temporaryFolder()
  await writePackage(folder.path, {
    'src/empty.ts': `
      import { Workflow } from '@millrace/workflow'
      export const empty = new Workflow({ category: 'a', name: 'empty', version: '1', schedule: 'x' })`,
    'src/broken.ts': "import './missing.ts'",
    'src/thrown.ts': `
      import { Workflow } from '@millrace/workflow'
      export const long = new Workflow({ category: 'a', name: 'b c' })`,
    'src/good.ts': workflowModule('good', '1'),
    'src/twice.ts': workflowModule('good', '1'),
  })
  const out = join(folder.path, 'dist')
  const error = await buildPackage({ folder: folder.path, out }).catch((error) => error)
  expect(error.code).toBe('BUILD_FAILED')
  expect(error.details.problems.map(({ file, workflow }: Record<string, string>) => [file, workflow])).toEqual([
    ['src/broken.ts', null],
    ['src/thrown.ts', null],
    ['src/empty.ts', 'a_empty_1'],
    ['src/empty.ts', 'a_empty_1'],
    ['src/twice.ts', 'good_daily_1'],
  ])
  expect(error.message).toMatch(/empty.ts, a_empty_1: It has no nodes[\s\S]*src\/good.ts has a workflow of this name/)
  await expect(readdir(out)).rejects.toThrow('ENOENT')
})

it('looks into public modules only, or into those that package.json names', async () => {
  await using folder = await temporaryFolder()
  const files = {
    'src/flights.ts': workflowModule('flights'),
    'src/_draft.ts': 'throw new Error("a draft")',
    'src/_parts/x.ts': 'throw new Error("a part")',
    'src/flights.test.ts': 'throw new Error("a test")',
    'src/tests/y.ts': 'throw new Error("a test")',
    'src/types.d.ts': 'export {}',
    'other/hotels.ts': workflowModule('hotels'),
    'vite.config.ts': 'throw new Error("a configuration")',
  }
  await writePackage(folder.path, files)
  const names = async () => (await collectWorkflows(folder.path)).workflows.map(({ workflow }) => workflow.name)
  expect(await names()).toEqual(['flights_daily'])
  await writePackage(folder.path, {}, { millrace: { workflows: 'other/*.ts' } })
  expect(await names()).toEqual(['hotels_daily'])
})

it('says what is missing to be a package', async () => {
  await using folder = await temporaryFolder()
  const build = () => buildPackage({ folder: folder.path, out: join(folder.path, 'dist') })
  await expect(build()).rejects.toMatchObject({ code: 'PACKAGE_JSON_MISSING' })
  await writeFile(join(folder.path, 'package.json'), '{}')
  await expect(build()).rejects.toThrow('has no name; give the package one')
  await writePackage(folder.path, {})
  await expect(build()).rejects.toThrow(/No module of .* exports a workflow/)
  await mkdir(join(folder.path, 'data'))
  await symlink(join(folder.path, 'data'), join(folder.path, 'linked'))
  await expect(build()).rejects.toThrow('linked is a link to a folder')
})

it('says what a module exports in place of the workflow', async () => {
  await using folder = await temporaryFolder()
  await writePackage(folder.path, { 'src/flights.ts': workflowModule('flights'), 'src/none.ts': 'export const x = 1' })
  const load = (module: string, name: string) => loadWorkflow({ folder: folder.path, module, export: name })
  await expect(load('src/flights.ts', 'dayly')).rejects.toThrow('exports no workflow "dayly". It exports "daily".')
  await expect(load('src/none.ts', 'x')).rejects.toThrow('exports no workflow "x". Export one from it.')
  await expect(load('src/gone.ts', 'x')).rejects.toMatchObject({ code: 'WORKFLOW_LOAD_FAILED' })
})

it('leaves out what it wrote itself, and what it is told to', async () => {
  await using folder = await temporaryFolder()
  await writePackage(folder.path, { 'src/flights.ts': workflowModule('flights', '1'), 'dags/flights.py': '1' })
  const build = () =>
    buildPackage({
      folder: folder.path,
      out: join(folder.path, 'built'),
      exclude: [join(folder.path, 'dags')],
    })
  const first = await build()
  await writeFile(join(folder.path, 'dags/flights.py'), '2')
  expect((await build()).package).toEqual(first.package)
  expect(Object.keys(unzipSync(await readFile(first.zip)))).toEqual(['package.json', 'src/flights.ts'])
})
