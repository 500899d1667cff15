import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../database.test.fixture.ts'
import { restoreLinks } from './restore-links.ts'

it('makes the links that a package lacks because its scripts were not run', () => {
  using folder = temporaryFolder()
  const library = join(folder.path, 'native', 'lib')
  mkdirSync(library, { recursive: true })
  restoreLinks(folder.path)
  writeFileSync(join(library, 'libicuuc.so.60.2'), 'code')
  writeFileSync(
    join(folder.path, 'native', 'pg-symlinks.json'),
    JSON.stringify(
      ['', '.60'].map((end) => ({ source: 'native/lib/libicuuc.so.60.2', target: `native/lib/libicuuc.so${end}` })),
    ),
  )
  for (let time = 0; time < 2; time++) {
    restoreLinks(folder.path)
    expect(readFileSync(join(library, 'libicuuc.so.60'), 'utf8')).toBe('code')
    expect(readFileSync(join(library, 'libicuuc.so'), 'utf8')).toBe('code')
  }
})
