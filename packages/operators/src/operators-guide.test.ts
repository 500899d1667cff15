import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { operatorsGuide } from './operators-guide.ts'

test('the guide says what the operators say', async () => {
  const page = await readFile(new URL('../../../docs/guides/operators.md', import.meta.url), 'utf8')
  expect(page, 'run: node --conditions=@millrace/source packages/operators/script/generate-guide.ts').toBe(
    operatorsGuide(),
  )
})
