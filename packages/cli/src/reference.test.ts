import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { commandReference } from './reference.ts'

it('the reference page says what the command says', async () => {
  const page = await readFile(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8')
  expect(page, 'run: node --conditions=@millrace/source packages/cli/script/generate-reference.ts').toBe(
    commandReference(),
  )
})
