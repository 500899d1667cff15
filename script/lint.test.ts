import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
let copy = ''

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'millrace-lint-'))
})
afterAll(() => rmSync(copy, { recursive: true, force: true }))

interface Diagnostic {
  readonly category: string
  readonly location: { readonly path: string | { readonly file: string } }
}

/** Rules that complain about these files, each once, by the path of the file. */
function lint(files: Readonly<Record<string, string>>): ReadonlyMap<string, readonly string[]> {
  const folder = mkdtempSync(join(copy, 'case-'))
  cpSync(join(root, 'biome.json'), join(folder, 'biome.json'))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  const args = ['lint', '--vcs-enabled=false', '--reporter=json', '--max-diagnostics=none', '.']
  let output: string
  try {
    output = execFileSync('biome', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] }).toString()
  } catch (error) {
    output = (error as { stdout: Buffer }).stdout.toString()
  }
  const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] }
  const rules = new Map<string, string[]>()
  for (const { category, location } of diagnostics) {
    const path = relative(
      folder,
      resolve(folder, typeof location.path === 'string' ? location.path : location.path.file),
    )
    const rule = category.replace(/^lint\//, '')
    const ofFile = rules.get(path) ?? []
    if (!ofFile.includes(rule)) rules.set(path, [...ofFile, rule])
  }
  return rules
}

const use = (from: string) => `import { thing } from '${from}'\n\nexport const used = thing\n`

const againstTheArrows: readonly (readonly [what: string, path: string, from: string])[] = [
  ['core importing formats', 'packages/core/src/a.ts', '@millrace/formats'],
  ['formats importing connectors', 'packages/formats/src/a.ts', '@millrace/connectors'],
  ['connectors importing the command', 'packages/connectors/src/a.ts', '@millrace/cli'],
  ['the Tinybird client importing formats', 'packages/tinybird/src/a.ts', '@millrace/formats'],
  ['connectors importing the local Tinybird', 'packages/connectors/src/a.ts', '@millrace/tinybird-local'],
  ['workflow importing operators', 'packages/workflow/src/a.ts', '@millrace/operators'],
  ['workflow importing the database', 'packages/workflow/src/a.ts', '@millrace/db'],
  ['operators importing the engine', 'packages/operators/src/a.ts', '@millrace/engine'],
  ['the database importing the engine', 'packages/db/src/a.ts', '@millrace/engine'],
  ['the engine importing connectors', 'packages/engine/src/a.ts', '@millrace/connectors'],
  ['the engine importing operators', 'packages/engine/src/a.ts', '@millrace/operators'],
  ['the engine importing HTTP', 'packages/engine/src/a.ts', '@millrace/http'],
  ['HTTP importing the database', 'packages/http/src/a.ts', '@millrace/db'],
  ['the client importing core', 'packages/client/src/a.ts', '@millrace/core'],
  ['operators importing the server', 'packages/operators/src/a.ts', '@millrace/server'],
  ['pipelines importing operators', 'packages/pipelines/src/a.ts', '@millrace/operators'],
  ['the secrets service importing the server', 'apps/secrets/src/a.ts', '@millrace/server'],
  ['the server importing the secrets service', 'apps/server/src/a.ts', '@millrace/secrets-server'],
  ['sealing importing the database', 'packages/secrets/src/a.ts', '@millrace/db'],
  ['the server importing the client', 'apps/server/src/a.ts', '@millrace/client'],
  ['the server importing builds', 'apps/server/src/a.ts', '@millrace/workflow/build'],
  ['a relative path into the server', 'packages/cli/src/a.ts', '../../../apps/server/src/spec.ts'],
  ['a test of the engine importing the server', 'packages/engine/src/a.test.ts', '@millrace/server'],
  ['testing importing connectors', 'packages/testing/src/a.ts', '@millrace/connectors'],
  ['a source importing the testing package', 'packages/cli/src/a.ts', '@millrace/testing'],
  ['a path into another package by name', 'packages/connectors/src/a.ts', '@millrace/core/src/errors.ts'],
  ['a relative path into another package', 'packages/connectors/src/kit/a.ts', '../../../core/src/errors.ts'],
  ['a test importing against the arrows', 'packages/formats/src/a.test.ts', '@millrace/connectors'],
]

it('refuses every import against the arrows', () => {
  // A folder for each, so that all of them are linted at once.
  const files = againstTheArrows.map(([what, path, from], index) => ({
    what,
    path: path.replace('/src/', `/src/case-${index}/`),
    content: use(from.startsWith('.') ? `../${from}` : from),
  }))
  const rules = lint(Object.fromEntries(files.map(({ path, content }) => [path, content])))
  expect(files.map(({ what, path }) => [what, rules.get(path)])).toEqual(
    files.map(({ what }) => [what, ['style/noRestrictedImports']]),
  )
})

it('lets every arrow of the table pass', () => {
  expect(
    lint({
      'packages/formats/src/a.ts': use('@millrace/core'),
      'packages/connectors/src/a.ts': use('@millrace/formats'),
      'packages/connectors/src/b.ts': use('@millrace/tinybird'),
      'packages/connectors/src/c.test.ts': use('@millrace/tinybird-local'),
      'packages/connectors/src/b.contract.ts': use('@millrace/testing'),
      'packages/operators/src/pipelines.ts': use('@millrace/pipelines'),
      'apps/server/src/operators.ts': use('@millrace/operators'),
      'apps/secrets/src/sealing.ts': use('@millrace/secrets'),
      'packages/cli/src/a.ts': use('@millrace/connectors'),
      'packages/cli/src/a.test.ts': use('@millrace/testing'),
      'packages/cli/src/b.ts': use('@millrace/server'),
      'packages/cli/src/c.ts': use('@millrace/engine/task-host'),
      'packages/operators/src/a.ts': use('@millrace/workflow'),
      'packages/operators/src/b.ts': use('@millrace/connectors'),
      'packages/engine/src/a.ts': use('@millrace/db'),
      'packages/engine/src/b.ts': use('@millrace/workflow/build'),
      'packages/engine/src/c.contract.ts': use('@millrace/testing'),
      'apps/server/src/a.ts': use('@millrace/engine'),
      'apps/server/src/b.ts': use('@millrace/http'),
      'packages/testing/src/a.ts': use('@millrace/core'),
    }),
  ).toEqual(new Map())
})

it.each<[string, Record<string, string>, string]>([
  [
    'an import cycle',
    {
      'packages/core/src/a.ts': `import { b } from './b.ts'\n\nexport const a = () => b\n`,
      'packages/core/src/b.ts': `import { a } from './a.ts'\n\nexport const b = () => a\n`,
    },
    'suspicious/noImportCycles',
  ],
  [
    'a promise nobody waits for',
    { 'packages/core/src/a.ts': 'async function later() {}\n\nexport function now() {\n  later()\n}\n' },
    'nursery/noFloatingPromises',
  ],
  ['a default export', { 'packages/core/src/a.ts': 'export default 1\n' }, 'style/noDefaultExport'],
  ['an enum', { 'packages/core/src/a.ts': 'export enum A {\n  B = 1,\n}\n' }, 'style/noEnum'],
  ['exporting everything', { 'packages/core/src/a.ts': `export * from './b.ts'\n` }, 'performance/noReExportAll'],
  [
    'a file name in camel case',
    { 'packages/core/src/myFile.ts': 'export const a = 1\n' },
    'style/useFilenamingConvention',
  ],
])('refuses %s', (_, files, rule) => {
  expect([...lint(files).values()].flat()).toContain(rule)
})
