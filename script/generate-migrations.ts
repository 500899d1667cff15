import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * Puts the files `NNNN-name.sql` of every folder `migrations` into a `migrations.generated.ts` beside the
 * folder, so that a package carries its migrations as code, from its sources and when it is installed.
 */
const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')
const files = globSync('{packages,apps}/*/src/**/migrations/*.sql', { cwd: root, exclude: ['**/node_modules'] })
for (const folder of [...new Set(files.map(dirname))].sort()) {
  const path = join(dirname(folder), 'migrations.generated.ts')
  const made = render(join(root, folder))
  if (!check) {
    writeFileSync(join(root, path), made)
  } else if (read(join(root, path)) !== made) {
    console.error(`${path} differs from its .sql files. Run: node script/generate-migrations.ts`)
    process.exitCode = 1
  }
}

function render(folder: string): string {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  const migrations = names.sort().map((file) => {
    const match = /^(\d{4})-([a-z0-9]+(?:-[a-z0-9]+)*)\.sql$/.exec(file)
    if (!match) throw new Error(`${join(folder, file)} has to be named like 0001-first-tables.sql.`)
    const text = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n')
    return `  {\n    id: ${Number(match[1])},\n    name: '${match[2]}',\n    sql: ${literal(text)},\n  },\n`
  })
  return `// Made from the .sql files in migrations/ by script/generate-migrations.ts.\n\nexport const migrations = [\n${migrations.join('')}]\n`
}

function literal(text: string): string {
  return `\`${text.replaceAll('\\', '\\\\').replaceAll('`', '\\`').replaceAll('${', '\\${')}\``
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
