import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('a connector whose module fails is not an unknown connector', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  await mkdir(join(folder, 'brittle'))
  await writeFile(join(folder, 'brittle', 'connector.mjs'), "import './absent.mjs'\nexport const definition = {}\n")
  process.env.MILLRACE_CONNECTORS = folder
  try {
    // Imported only now, since the folders are read once.
    const { connectorFor } = await import('./connector-for.ts')
    const environment = { TB_CDK_TOKEN: 't', TB_CDK_TAG: 't' }
    await expect(connectorFor('brittle', { environment })).rejects.toThrow(/absent\.mjs/)
    await expect(connectorFor('brittler', { environment })).rejects.toMatchObject({ name: 'UnknownConnectorError' })
  } finally {
    delete process.env.MILLRACE_CONNECTORS
    await rm(folder, { recursive: true })
  }
})
