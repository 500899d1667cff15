import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const document = fileURLToPath(new URL('../../../apps/server/openapi.json', import.meta.url))
const generator = fileURLToPath(new URL('../node_modules/.bin/openapi-typescript', import.meta.url))

test('the types of the client are those of the OpenAPI document; "vitest run -u" makes them anew', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-client-'))
  try {
    const output = join(folder, 'schema.ts')
    await promisify(execFile)(generator, [document, '--default-non-nullable=false', '--output', output])
    await expect(await readFile(output, 'utf8')).toMatchFileSnapshot('./schema.generated.ts')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
