import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { ConfigError } from '@millrace/core'
import type { ConnectionDefinition, Connections } from '../endpoint.ts'
import { parseAmount, parseNames, parseSize } from '../parse-values.ts'
import { fileKeyOf, type TransferChoices, transferOptions } from '../transfer-options.ts'
import type { Environment } from './interpolate.ts'

export interface FileTransfer {
  readonly name: string
  readonly from: string
  readonly to: string
  readonly choices: TransferChoices
}

export interface ConfigFile {
  readonly path: string
  readonly connections: Connections
  readonly defaults: TransferChoices
  readonly transfers: readonly FileTransfer[]
}

export const defaultConfigPath = 'millrace.yaml'

/** Reads and checks a file. @throws ConfigError with the line and the column of what is wrong. */
export async function readConfigFile(path: string, environment: Environment = process.env): Promise<ConfigFile> {
  return parseConfigFile(await readText(path), path, environment)
}

/**
 * The connections of a file; without a path those of `millrace.yaml` in the working directory, if
 * there is one. The rest of the file is not looked at, and a variable that is not set is left as it
 * is written, since only the connections that are used have to be complete.
 */
export async function readConnections(
  given?: string,
  { optional = given === undefined }: { readonly optional?: boolean } = {},
): Promise<Connections> {
  const path = given ?? defaultConfigPath
  if (optional && !existsSync(path)) return new Map()
  const { checkedDocument } = await import('./checked-document.ts')
  const raw = checkedDocument(await readText(path), path, process.env, 'connections') as RawFile
  return new Map(Object.entries(raw.connections ?? {}))
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigError('FILE_UNREADABLE', {
      message: `The file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}). Check its path and permissions.`,
      cause,
    })
  }
}

export async function parseConfigFile(
  text: string,
  path: string,
  environment: Environment = process.env,
): Promise<ConfigFile> {
  const { checkedDocument } = await import('./checked-document.ts')
  const raw = checkedDocument(text, path, environment) as RawFile
  const transfers = (raw.transfers ?? []).map(({ name, from, to, ...values }, index) => ({
    name: name ?? String(index + 1),
    from,
    to,
    choices: choicesOf(values),
  }))
  const twice = transfers.find(({ name }, index) => transfers.findIndex((other) => other.name === name) < index)
  if (twice) {
    throw new ConfigError('NAME_TWICE', {
      message: `${path}: two transfers are named "${twice.name}". Give each its own name.`,
    })
  }
  return {
    path,
    connections: new Map(Object.entries(raw.connections ?? {})),
    defaults: choicesOf(raw.defaults ?? {}),
    transfers,
  }
}

interface RawFile {
  readonly connections?: Readonly<Record<string, ConnectionDefinition>>
  readonly defaults?: Readonly<Record<string, unknown>>
  readonly transfers?: readonly ({ readonly name?: string; readonly from: string; readonly to: string } & Readonly<
    Record<string, unknown>
  >)[]
}

/** From the keys of a file, valid by its schema, to choices. */
function choicesOf(values: Readonly<Record<string, unknown>>): TransferChoices {
  const choices: Record<string, unknown> = {}
  for (const option of transferOptions) {
    const value = values[fileKeyOf(option)]
    if (value === undefined) continue
    if (option.kind === 'names' && typeof value === 'string') choices[option.name] = parseNames(value) ?? [value]
    else if (option.kind === 'amount' && typeof value === 'string') choices[option.name] = parseAmount(value)
    else if (option.kind === 'size' && typeof value === 'string') choices[option.name] = parseSize(value)
    else choices[option.name] = value === null ? 'null' : value
  }
  return choices
}
