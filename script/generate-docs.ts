import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { guideSettings, namedVariables, platformSettings, settingsReference } from '@millrace/core'

/** Reference pages that are made from the code: path from the root, and content. */
const pages: Readonly<Record<string, () => string>> = {
  'docs/settings.md': () => settingsReference(platformSettings, namedVariables, guideSettings),
}

const root = join(import.meta.dirname, '..')
const check = process.argv.includes('--check')
for (const [page, render] of Object.entries(pages)) {
  const path = join(root, page)
  if (!check) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, render())
  } else if (read(path) !== render()) {
    console.error(`${page} differs from the code. Run: node --conditions=@millrace/source script/generate-docs.ts`)
    process.exitCode = 1
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
