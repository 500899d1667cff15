import { existsSync, statSync } from 'node:fs'
import type { ConfigValues, TransferSpec } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import type { ResolvedEndpoint } from './endpoint.ts'
import { applicableDefaults, fileLayout, formatOfName, formatOptions, refuseFileOptions } from './file-layout.ts'
import type { TransferChoices } from './transfer-options.ts'

export interface TransferRequest {
  readonly from: ResolvedEndpoint
  readonly to: ResolvedEndpoint
  readonly choices: TransferChoices
  /** Apply where the choices say nothing and where they have a meaning. */
  readonly defaults?: TransferChoices
  /** When neither says so. */
  readonly parallel: number
}

/** Turns what a person asked for into what the transfer takes. Makes the connectors; the caller disposes them. */
export function transferSpec(request: TransferRequest): TransferSpec {
  const { from, to, defaults = {}, parallel } = request
  const given = { ...layoutOfAddress(to), ...request.choices }
  const path = to.path === null ? null : destinationPath(to, to.path, given, defaults)
  const named = path === null ? { format: null, compression: null } : formatOfName(path)
  const format = path === null ? null : (given.format ?? named.format ?? defaults.format ?? null)
  const choices: TransferChoices = { ...applicableDefaults(defaults, given, format, named), ...given }
  if (choices.query !== undefined && choices.tables !== undefined) {
    throw new ConfigError('QUERY_AND_TABLES', {
      message: 'A copy takes either --query or --table, not both. Leave one of them out.',
    })
  }
  if (choices.lookback !== undefined && choices.cursor === undefined) {
    throw new ConfigError('LOOKBACK_NEEDS_CURSOR', {
      message: '--lookback reads behind a watermark, so it needs --cursor COLUMN. Add it or leave the lookback out.',
    })
  }
  const reading = path === null && from.path !== null ? readOptions(choices) : {}
  if (path === null) refuseFileOptions(to.definition.title, choices, Object.keys(reading))
  const file = path === null ? undefined : fileLayout(path, choices)
  const into = path === null ? choices.into : path
  const {
    tables,
    query,
    mode,
    key,
    cursor,
    lookback,
    verify,
    onUnrepresentable,
    contract,
    allowEmpty,
    restart,
    retries,
  } = choices
  return {
    from: {
      connector: from.connect(reading),
      address: from.address,
      ...(query === undefined ? {} : { query }),
      ...(tables === undefined ? {} : { tables }),
    },
    to: {
      connector: to.connect(),
      address: to.address,
      ...(into === undefined ? {} : { into }),
      ...(file === undefined ? {} : { file }),
    },
    ...(mode === undefined ? {} : { mode }),
    ...(key === undefined ? {} : { keys: key }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(lookback === undefined ? {} : { lookback }),
    parallel: choices.parallel ?? parallel,
    ...(verify === undefined ? {} : { verify }),
    ...(onUnrepresentable === undefined ? {} : { onUnrepresentable }),
    ...(contract === undefined ? {} : { contract }),
    options: formatOptions(choices, file),
    ...(allowEmpty === undefined ? {} : { allowEmpty }),
    ...(restart === undefined ? {} : { restart }),
    ...(retries === undefined ? {} : { retries }),
  }
}

/** `orders.txt?format=csv` says in the address what options say otherwise. */
function layoutOfAddress(to: ResolvedEndpoint): TransferChoices {
  if (to.path === null) return {}
  const { format, compression } = to.config as Pick<TransferChoices, 'format' | 'compression'>
  return { ...(format === undefined ? {} : { format }), ...(compression === undefined ? {} : { compression }) }
}

/** When only the source is files, the options say how they are read. */
function readOptions({ format, compression, header }: TransferChoices): ConfigValues {
  return {
    ...(format === undefined ? {} : { format }),
    ...(compression === undefined || compression === 'snappy' ? {} : { compression }),
    ...(header === undefined ? {} : { header }),
  }
}

/** The path of the destination with `into` below it; a folder ends with a slash. */
function destinationPath(
  to: ResolvedEndpoint,
  path: string,
  { into, tables, ...given }: TransferChoices,
  defaults: TransferChoices,
): string {
  const name = into ?? defaults.into
  const several = (tables ?? defaults.tables ?? []).length > 1 || (tables ?? []).some((table) => /[*?]/.test(table))
  const split = [given.splitRows, given.splitBytes, given.partitionBy].some((choice) => choice !== undefined)
  const isThere = to.definition.capabilities.localPaths === true && isFolder(path)
  const open = formatOfName(path).format === null && !/\{(table|schema)\}/.test(path)
  const folder = path !== '-' && (path.endsWith('/') || (open && (name !== undefined || several || split || isThere)))
  if (!folder) {
    if (name === undefined) return path
    throw new ConfigError('INTO_NEEDS_FOLDER', {
      message: `--into names a file inside a folder, and "${path}" is not one. End the destination with a slash, or leave --into out.`,
    })
  }
  const base = path.endsWith('/') ? path : `${path}/`
  return name === undefined ? base : `${base}${name.replace(/^\/+/, '')}`
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}
