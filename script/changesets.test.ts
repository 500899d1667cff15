import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { fragmentProblems, tagRelease } from './changesets.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-release-'))
  write('packages/cli/package.json', JSON.stringify({ name: '@millrace/cli', version: '1.2.0' }))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function commit(): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], {
      cwd: root,
      stdio: 'pipe',
    })
  git('init', '--quiet')
  git('config', 'user.name', 'Ada')
  git('config', 'user.email', 'ada@example.com')
  git('add', '.')
  git('commit', '--quiet', '--message', 'All')
}

it('K12: finds nothing wrong with the fragments of this repository', () => {
  expect(fragmentProblems(join(import.meta.dirname, '..'))).toEqual([])
})

it.each([
  ['without a head', 'Better.\n', 'no head'],
  ['that says nothing', '---\n"@millrace/cli": patch\n---\n\n', 'what changed'],
  ['of a package that is not there', '---\n"@millrace/gone": patch\n---\n\nBetter.\n', 'no package @millrace/gone'],
  ['with a size that is none', '---\n"@millrace/cli": huge\n---\n\nBetter.\n', '"huge"'],
  ['with a head that is no YAML', '---\n"@millrace/cli: [\n---\n\nBetter.\n', 'cannot be read'],
])('K12: refuses a fragment %s', (_, text, problem) => {
  write('.changeset/better.md', text)
  expect(fragmentProblems(root).join()).toContain(problem)
})

it('K12: refuses to tag a release while a fragment is left', () => {
  write('packages/cli/CHANGELOG.md', '# @millrace/cli\n\n## 1.2.0\n')
  write('.changeset/better.md', '---\n"@millrace/cli": patch\n---\n\nBetter.\n')
  commit()
  expect(() => tagRelease(root)).toThrow('The changelog lacks better.md')
})

it('K12: refuses to tag a release that the changelog does not speak of', () => {
  write('packages/cli/CHANGELOG.md', '# @millrace/cli\n\n## 1.1.0\n')
  commit()
  expect(() => tagRelease(root)).toThrow('says nothing of 1.2.0')
})

it('tags a release once', () => {
  write('packages/cli/CHANGELOG.md', '# @millrace/cli\n\n## 1.2.0\n')
  commit()
  expect(tagRelease(root)).toBe('v1.2.0')
  expect(() => tagRelease(root)).toThrow('v1.2.0 exists')
})
