import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { conformancePage } from './conformance-page.ts'
import { mysqlValues } from './mysql-values.ts'
import { postgresValues } from './postgres-values.ts'

it('docs/conformance.md shows the values that the tests hold exports against (vitest run conformance-page -u makes it again)', async () => {
  const page = conformancePage([
    { title: 'PostgreSQL', cases: postgresValues },
    { title: 'MySQL and MariaDB', cases: mysqlValues },
  ])
  await expect(page).toMatchFileSnapshot(fileURLToPath(new URL('../../../../docs/conformance.md', import.meta.url)))
})
