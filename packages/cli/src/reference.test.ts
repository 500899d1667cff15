import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { connectorsReference } from './connectors-reference.ts'
import { commandReference } from './reference.ts'
import { runCommand } from './run-command.fixture.ts'

it('the reference page says what the command says', async () => {
  const page = await readFile(new URL('../../../docs/reference/cli.md', import.meta.url), 'utf8')
  expect(page, 'run: node --conditions=@millrace/source packages/cli/script/generate-reference.ts').toBe(
    commandReference(),
  )
})

it('the page of connectors says what they declare', async () => {
  const page = await readFile(new URL('../../../docs/connectors.md', import.meta.url), 'utf8')
  expect(page, 'run: node --conditions=@millrace/source packages/cli/script/generate-reference.ts').toBe(
    await connectorsReference(),
  )
})

it('the schema of all settings is the one that is published', async () => {
  const cwd = fileURLToPath(new URL('../../connectors', import.meta.url))
  expect(await runCommand(['connectors', 'schema', '--check', 'connectors.schema.json'], { cwd })).toMatchObject({
    code: 0,
  })
})
