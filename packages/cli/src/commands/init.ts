import { lstatSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@millrace/core'
import { type Context, exitCodes } from '../context.ts'
import { shellQuote } from '../parse-values.ts'
import { version } from '../version.ts'

export interface InitRequest {
  readonly folder: string
  readonly name?: string
}

const templates = fileURLToPath(new URL('../../templates/project/', import.meta.url))

/** Writes a project with a workflow that runs and its test. Nothing is written when a file of it is there already. */
export async function init(request: InitRequest, context: Context): Promise<number> {
  const folder = resolve(request.folder)
  const name = nameOf(request, folder)
  const files = await templateFiles()
  const taken = files.map(({ path }) => path).filter((path) => lstatSync(join(folder, path), { throwIfNoEntry: false }))
  if (taken.length > 0) {
    throw new ConfigError('FILE_EXISTS', {
      message: `${folder} has ${taken.join(', ')} already, and nothing is replaced. Name another folder, or move ${taken.length === 1 ? 'it' : 'them'} away.`,
      details: { folder, files: taken },
    })
  }
  for (const { path, source } of files) {
    const text = await readFile(source, 'utf8')
    const target = join(folder, path)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, text.replaceAll(/\bNAME\b(?!\})/g, name).replaceAll(/\bVERSION\b/g, version), {
      flag: 'wx',
    })
    context.out(`${relative(process.cwd(), target)}\n`)
  }
  const there = relative(process.cwd(), folder)
  const steps = [
    ...(there === '' ? [] : [`cd ${shellQuote(there)}`]),
    'npm install',
    'npx millrace run hello',
    'npm test',
  ]
  context.err(`\n${name} is ready. Next:\n${steps.map((step) => `  ${step}\n`).join('')}`)
  return exitCodes.done
}

/** npm takes a file named .gitignore for its own when it packs, so the template has another name. */
async function templateFiles(): Promise<readonly { readonly path: string; readonly source: string }[]> {
  const entries = await readdir(templates, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const source = join(entry.parentPath, entry.name)
      const path = relative(templates, source)
      return { source, path: path === 'gitignore' ? '.gitignore' : path }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}

function nameOf({ name }: InitRequest, folder: string): string {
  const own = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '')
  const wanted = name ?? (own || 'workflows')
  if (/^(?:@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*$/.test(wanted) && wanted.length <= 214) return wanted
  throw new ConfigError('NAME_INVALID', {
    message: `"${wanted}" cannot name a package. Use lower-case letters, digits and hyphens, such as "${own || 'my-workflows'}".`,
  })
}
