import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
let elsewhere = ''
beforeAll(() => {
  elsewhere = mkdtempSync(join(tmpdir(), 'millrace-scripts-'))
})
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }))

function run(program: string): Promise<{ readonly code: unknown; readonly errors: string }> {
  return new Promise((resolve) => {
    execFile(program, { cwd: elsewhere }, (error, _out, errors) => resolve({ code: error?.code ?? 0, errors }))
  })
}

describe('C15: scripts started outside the repository root', () => {
  it('go there by themselves', async () => {
    const scripts = readdirSync(join(root, 'script'), { withFileTypes: true })
    const shells = scripts.filter((entry) => entry.isFile() && !entry.name.includes('.')).map(({ name }) => name)
    expect(shells).toContain('setup')
    for (const name of shells) {
      expect(readFileSync(join(root, 'script', name), 'utf8'), name).toContain('cd "$(dirname "$0")/.."\n')
    }
    const checkout = join(elsewhere, 'checkout')
    const lock = '{}\n'
    mkdirSync(join(checkout, 'node_modules'), { recursive: true })
    cpSync(join(root, 'script/bootstrap'), join(checkout, 'script/bootstrap'))
    writeFileSync(join(checkout, 'package-lock.json'), lock)
    const installed = execFileSync('git', ['hash-object', '--stdin'], { input: lock })
    writeFileSync(join(checkout, 'node_modules/.installed-lock'), installed)
    expect(await run(join(checkout, 'script/bootstrap'))).toEqual({ code: 0, errors: '' })
  })

  it('and outside of any checkout fail with a clear message', async () => {
    mkdirSync(join(elsewhere, 'script'))
    for (const name of ['bootstrap', 'setup', 'test', 'demo', 'lint']) {
      cpSync(join(root, 'script', name), join(elsewhere, 'script', name))
    }
    for (const name of ['bootstrap', 'setup', 'test', 'demo', 'lint']) {
      const { code, errors } = await run(join(elsewhere, 'script', name))
      expect([name, code]).toEqual([name, 1])
      expect(errors).toMatch(/^bootstrap: \S+ is no checkout of Millrace: it has no package-lock\.json\./)
    }
  })
})
