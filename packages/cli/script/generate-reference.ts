// Writes what is derived from the definition of the command. Run with:
//   node --conditions=@millrace/source packages/cli/script/generate-reference.ts
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { configFileSchema } from '../src/config-file/schema.ts'
import { connectorsReference } from '../src/connectors-reference.ts'
import { commandReference } from '../src/reference.ts'

const schema = fileURLToPath(new URL('../millrace.schema.json', import.meta.url))
writeFileSync(schema, JSON.stringify(configFileSchema()))
execFileSync('biome', ['format', '--write', schema], { stdio: 'ignore' })
writeFileSync(new URL('../../../docs/reference/cli.md', import.meta.url), commandReference())
writeFileSync(new URL('../../../docs/connectors.md', import.meta.url), await connectorsReference())
