#!/usr/bin/env node
// Runs what was built; in a checkout that was not built, or with `--conditions=@millrace/source`, the source.
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'

// The arguments may hold a URI with a password: they leave the process list with this.
process.title = 'millrace'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`error: Millrace needs Node 22.18 or later; this is ${process.versions.node}. [NODE_TOO_OLD]`)
  process.exit(2)
}
nodeModule.enableCompileCache()

const condition = '@millrace/source'
const built = new URL('../dist/main.js', import.meta.url)
const source = new URL('../src/main.ts', import.meta.url)
const asked = process.execArgv.some((argument) => argument.includes(condition))

if (!asked && !existsSync(built)) {
  nodeModule.registerHooks({
    resolve: (specifier, context, next) =>
      next(
        specifier,
        specifier.startsWith('@millrace/') ? { ...context, conditions: [...context.conditions, condition] } : context,
      ),
  })
}
const { main } = await import((asked || !existsSync(built) ? source : built).href)
await main(process.argv.slice(2))
