import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
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

/** Rules that complain about these files, each once. */
function lint(files: Readonly<Record<string, string>>): string[] {
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
  return [...new Set(diagnostics.map(({ category }) => category.replace(/^lint\//, '')))].sort()
}

const use = (from: string) => `import { thing } from '${from}'\n\nexport const used = thing\n`

it.each([
  ['core importing formats', 'packages/core/src/a.ts', '@millrace/formats'],
  ['formats importing connectors', 'packages/formats/src/a.ts', '@millrace/connectors'],
  ['connectors importing the command', 'packages/connectors/src/a.ts', '@millrace/cli'],
  ['the Tinybird client importing formats', 'packages/tinybird/src/a.ts', '@millrace/formats'],
  ['connectors importing the local Tinybird', 'packages/connectors/src/a.ts', '@millrace/tinybird-local'],
  ['testing importing connectors', 'packages/testing/src/a.ts', '@millrace/connectors'],
  ['a source importing the testing package', 'packages/cli/src/a.ts', '@millrace/testing'],
  ['a path into another package by name', 'packages/connectors/src/a.ts', '@millrace/core/src/errors.ts'],
  ['a relative path into another package', 'packages/connectors/src/kit/a.ts', '../../../core/src/errors.ts'],
  ['a test importing against the arrows', 'packages/formats/src/a.test.ts', '@millrace/connectors'],
])('refuses %s', (_, path, from) => {
  expect(lint({ [path]: use(from) })).toEqual(['style/noRestrictedImports'])
})

it('lets every arrow of the table pass', () => {
  expect(
    lint({
      'packages/formats/src/a.ts': use('@millrace/core'),
      'packages/connectors/src/a.ts': use('@millrace/formats'),
      'packages/connectors/src/b.ts': use('@millrace/tinybird'),
      'packages/connectors/src/c.test.ts': use('@millrace/tinybird-local'),
      'packages/connectors/src/b.contract.ts': use('@millrace/testing'),
      'packages/cli/src/a.ts': use('@millrace/connectors'),
      'packages/cli/src/a.test.ts': use('@millrace/testing'),
      'packages/testing/src/a.ts': use('@millrace/core'),
    }),
  ).toEqual([])
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
  expect(lint(files)).toContain(rule)
})
