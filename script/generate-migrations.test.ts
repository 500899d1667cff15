import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('finds the migrations of every package in its code as they stand in their .sql files', () => {
  const args = [join(import.meta.dirname, 'generate-migrations.ts'), '--check']
  expect(() => execFileSync(process.execPath, args, { stdio: 'pipe' })).not.toThrow()
})
