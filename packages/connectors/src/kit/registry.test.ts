import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { importDriver } from './import-driver.ts'
import { connectorDefinition, connectorForUri, connectorNames, createConnector, definitionForUri } from './registry.ts'
import { withConnector } from './with-connector.ts'

test('every folder with a connector module is known, and its definition carries its name', async () => {
  expect(connectorNames()).toContain('postgres')
  for (const name of ['postgres', 'postgresql']) {
    expect((await definitionForUri(`${name}://localhost/x`)).name).toBe('postgres')
  }
})

test('every driver is an optional peer of the package, so that it is installed in the version that was tested', async () => {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  const { peerDependencies, peerDependenciesMeta } = JSON.parse(text)
  const definitions = await Promise.all(connectorNames().map((name) => connectorDefinition(name)))
  const drivers = new Set(definitions.flatMap(({ drivers = [] }) => drivers))
  const wrong = [...drivers].filter((name) => !peerDependencies[name] || !peerDependenciesMeta[name]?.optional)
  expect(wrong).toEqual([])
})

test('a connector is made from its name or from a URI', async () => {
  await using named = await createConnector('postgres', { host: 'db.example', database: 'shop' })
  expect(named.label).toContain('db.example')
  await withConnector(connectorForUri('postgres://u:hidden@db.example:5433/shop'), async (connector) => {
    expect(connector.label).toContain('db.example:5433/shop')
    expect(connector.label).not.toContain('hidden')
  })
})

test('an unknown name is refused with the known ones and a suggestion', async () => {
  await expect(createConnector('postgrse')).rejects.toMatchObject({
    code: 'UNKNOWN_CONNECTOR',
    message: expect.stringMatching(/Did you mean "postgres"\?.*Known are:.*postgres/),
  })
  await expect(createConnector('../kit')).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTOR' })
  await expect(connectorForUri('psotgres://x')).rejects.toMatchObject({ code: 'UNKNOWN_CONNECTOR' })
})

test('a missing driver is named with the command that installs it', async () => {
  await expect(importDriver('millrace-absent-driver')).rejects.toMatchObject({
    code: 'DRIVER_MISSING',
    message: expect.stringContaining('npm install millrace-absent-driver'),
  })
})
