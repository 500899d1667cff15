import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectorNames } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import { type Context, exitCodes } from '../context.ts'

const templates = fileURLToPath(new URL('../../templates/', import.meta.url))

export const connectorKinds = ['sql', 'object-store', 'stream', 'api', 'notify'] as const

export interface CreateRequest {
  readonly name: string
  readonly kind: (typeof connectorKinds)[number]
  /** The folder that gets the connector's. */
  readonly into?: string
}

/** Writes a connector that works and passes its contract suite, to be made into the one that is wanted. */
export async function createConnectorFolder({ name, kind, into }: CreateRequest, context: Context): Promise<number> {
  refuseName(name)
  const parent = into ?? (existsSync(ours) ? dirname(dirname(ours)) : 'connectors')
  const folder = join(parent, name)
  if (existsSync(folder)) {
    throw new ConfigError('FOLDER_EXISTS', {
      message: `"${folder}" is already there. Choose another name or remove it.`,
    })
  }
  const imports = existsSync(join(parent, 'kit', 'connector.ts')) ? await importsWithin(parent) : null
  await mkdir(folder, { recursive: true })
  for (const file of await readdir(join(templates, kind))) {
    const text = await readFile(join(templates, kind, file), 'utf8')
    const named = rename(text, name)
    await writeFile(join(folder, rename(file, name)), imports === null ? named : imports(named))
  }
  context.out(`${relative('.', folder) || folder}\n`)
  context.err(
    imports === null
      ? `Test it:  npx vitest run ${folder}\nUse it:   MILLRACE_CONNECTORS=${parent} millrace connectors show ${name}\n`
      : `Test it:  npx vitest run ${folder}\nUse it:   millrace connectors show ${name}\n`,
  )
  return exitCodes.done
}

/** In Millrace's own repository. */
const ours = join('packages', 'connectors', 'src', 'kit', 'connector.ts')

function refuseName(name: string): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new ConfigError('INVALID_NAME', {
      message: `"${name}" cannot name a connector. Use lower-case letters, digits and hyphens, such as "${slug(name) || 'my-system'}".`,
    })
  }
  if (connectorNames().includes(name) || ['kit', 'transfer', 'stream', 'ingest', 'conformance'].includes(name)) {
    throw new ConfigError('NAME_TAKEN', { message: `"${name}" is taken. Choose another name for the connector.` })
  }
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^[-\d]+|-+$/g, '')
}

/** The templates are of a system called Acme: in text, in names of the code, of variables and of the connector. */
function rename(text: string, name: string): string {
  const words = name.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  const joined = words.join('')
  return text
    .replaceAll('ACME', name.toUpperCase().replaceAll('-', '_'))
    .replaceAll(/(?<=\w)Acme|Acme(?=\w)/g, joined)
    .replaceAll(/\bacme(?=[A-Z])/g, joined.charAt(0).toLowerCase() + joined.slice(1))
    .replaceAll(/\bacme\b/g, name)
    .replaceAll(/\bAcme\b/g, words.join(' '))
}

/** Inside the package, what the kit exports is imported from where it stands. */
async function importsWithin(parent: string): Promise<(text: string) => string> {
  const places = new Map<string, string>()
  for (const file of ['kit.ts', 'contract.ts']) {
    const text = await readFile(join(parent, file), 'utf8')
    for (const [, names = '', from = ''] of text.matchAll(/export (?:type )?\{([^}]*)\} from '(.*?)'/g)) {
      for (const name of names.split(',')) places.set(name.replace('type ', '').trim(), `.${from}`)
    }
  }
  return (text) =>
    text.replaceAll(
      /import (type )?\{([^}]*)\} from '@millrace\/connectors\/\w+'\n/g,
      (_, all: string | undefined, names: string) => {
        const wanted = names.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]))
        const byPlace = Map.groupBy(wanted, (name) => places.get(name.replace('type ', '')) ?? '')
        return [...byPlace]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([from, those]) => importLine(those, from, all !== undefined))
          .join('')
      },
    )
}

function importLine(names: readonly string[], from: string, allTypes: boolean): string {
  const onlyTypes = allTypes || names.every((name) => name.startsWith('type '))
  const list = names.map((name) => (onlyTypes ? name.replace('type ', '') : name)).join(', ')
  return `import ${onlyTypes ? 'type ' : ''}{ ${list} } from '${from}'\n`
}
