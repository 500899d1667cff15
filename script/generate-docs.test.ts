import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('finds the generated reference pages as the code makes them', () => {
  const args = ['--conditions=@millrace/source', join(import.meta.dirname, 'generate-docs.ts'), '--check']
  expect(() => execFileSync(process.execPath, args, { stdio: 'pipe' })).not.toThrow()
})
