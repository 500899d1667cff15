import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { schema } from './schema.ts'

const guide = new URL('../../../../docs/guides/access.md', import.meta.url)

it('the tables of the guide are the schema', async () => {
  const text = await readFile(guide, 'utf8')
  const tables = Object.entries(schema)
    .filter(([, { relations }]) => Object.keys(relations).length > 0)
    .map(([type, { relations, permissions }]) => {
      const rows = (entries: Readonly<Record<string, string>>) =>
        Object.entries(entries).map(([name, meaning]) => `| \`${name}\` | \`${meaning.replaceAll('|', '\\|')}\` |\n`)
      return [
        `### ${type}\n\n| Relation | leads to |\n| --- | --- |\n${rows(relations).join('')}`,
        `| Permission | is had by |\n| --- | --- |\n${rows(permissions).join('')}`,
      ].join('\n')
    })
  expect(text).toContain(tables.join('\n'))
})
