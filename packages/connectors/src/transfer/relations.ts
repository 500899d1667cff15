import { basename, join } from 'node:path'
import { ConfigError } from '@millrace/core'
import type { TableConnector } from '../kit/connector.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import type { Target, WriteMode } from '../kit/sink.ts'
import type { Relation, Source, TableRef } from '../kit/source.ts'
import { formatTableName, parseTableName } from '../kit/table-name.ts'
import type { FileLayout, TransferSpec } from './types.ts'

/** One relation on its way to one target. */
export interface TableItem {
  /** Names the relation in events, unique in the transfer. */
  readonly label: string
  readonly relation: Relation
  readonly target: Target
  readonly targetLabel: string
}

/** Finds what is to be copied and where each of it goes. */
export async function resolveTables(source: Source, spec: TransferSpec, mode: WriteMode): Promise<TableItem[]> {
  const relations = await findRelations(source, spec)
  const items = relations.map(({ label, relation }) => {
    const target = targetOf(spec, relation, mode, relations.length > 1)
    return { label, relation, target, targetLabel: describeTarget(target, spec.to.connector) }
  })
  refuseSharedTargets(items, spec)
  return items
}

function describeTarget(target: Target, connector: TableConnector): string {
  if (target.kind === 'table') return formatTableName(target.table)
  const store = isRemote(connector) ? (connector as ObjectStoreConnector).bucket() : null
  return store?.uri(target.path.replace(/^\/+/, '')) ?? target.path
}

/** An object store other than this machine's folders: there a folder is always one table, of parts. */
function isRemote({ definition }: TableConnector): boolean {
  return definition.kind === 'object-store' && !definition.capabilities.localPaths
}

async function findRelations(source: Source, spec: TransferSpec): Promise<{ label: string; relation: Relation }[]> {
  const { query, tables } = spec.from
  if (query !== undefined) {
    if (tables?.length) {
      throw new ConfigError('QUERY_AND_TABLES', {
        message: 'A copy takes either --query or --table, not both. Leave one of them out.',
      })
    }
    return [{ label: 'query', relation: { kind: 'query', sql: query } }]
  }
  const patterns = tables?.length ? tables : ['*']
  const found = await source.listTables(patterns)
  if (!tables?.length && found.length > 1) {
    throw new ConfigError('TABLES_REQUIRED', {
      message: `The source has ${found.length} tables. Name the ones to copy with --table NAME, a pattern such as --table '*', or a --query.`,
      details: { tables: found.slice(0, 20).map(formatTableName) },
    })
  }
  if (found.length === 0) {
    throw new ConfigError('TABLE_NOT_FOUND', {
      message: `No table matches ${patterns.map((pattern) => `"${pattern}"`).join(', ')} at ${spec.from.address}. "millrace connectors discover" lists the tables that this login may see.`,
    })
  }
  return found.map((table) => ({ label: formatTableName(table), relation: { kind: 'table', table } }))
}

function targetOf(spec: TransferSpec, relation: Relation, mode: WriteMode, several: boolean): Target {
  const { into, file, connector } = spec.to
  if (connector.definition.kind === 'object-store') {
    if (!file)
      throw new ConfigError('FORMAT_REQUIRED', {
        message: 'Say how the file is to be written: --format csv, ndjson or parquet.',
      })
    const remote = isRemote(connector)
    const own = (connector as ObjectStoreConnector).path
    const path = into ?? (remote ? own || '/' : own)
    if (!path) throw new ConfigError('PATH_REQUIRED', { message: 'Say which file or folder to write.' })
    return { kind: 'file', ...file, path: filePath(path, file, relation, several, remote || mode === 'append') }
  }
  return { kind: 'table', table: tableName(into, relation, several) }
}

function tableName(into: string | undefined, relation: Relation, several: boolean): TableRef {
  if (into === undefined) {
    if (relation.kind === 'query') {
      throw new ConfigError('INTO_REQUIRED', {
        message: 'A query has no name of its own: say which table it goes to with --into NAME.',
      })
    }
    return { scope: [], name: relation.table.name }
  }
  if (!hasPlaceholder(into)) {
    const parts = parseTableName(into)
    if (!several) return parts
    throw placeholderNeeded(into)
  }
  const parts = parseTableName(into)
  return { scope: parts.scope.map((part) => fill(part, relation)), name: fill(parts.name, relation) }
}

function filePath(path: string, file: FileLayout, relation: Relation, several: boolean, adds: boolean): string {
  if (path === '-') {
    if (several)
      throw new ConfigError('ONE_TABLE_TO_STDOUT', {
        message: 'Standard output takes one table. Copy several into a folder, or name one.',
      })
    return path
  }
  if (hasPlaceholder(path)) return fill(path, relation)
  if (!path.endsWith('/')) {
    if (several) throw placeholderNeeded(path)
    return path
  }
  const name = relation.kind === 'table' ? relation.table.name : 'query'
  const parts = adds || file.splitRows !== undefined || file.splitBytes !== undefined || file.partitionBy !== undefined
  // A folder of parts belongs to one table; a folder of files holds a file for each.
  if (parts) return several ? join(path, safeFileName(name), '/') : path
  return join(path, `${safeFileName(name)}${extension(file)}`)
}

export function extension(file: Pick<FileLayout, 'format' | 'compression'>): string {
  const outer = file.format === 'parquet' ? '' : { none: '', gzip: '.gz', zstd: '.zst' }[file.compression]
  return `.${file.format}${outer}`
}

/** A table's name may hold a slash or begin with a dot; a file name made from it may not leave its folder. */
function safeFileName(name: string): string {
  const safe = name.replaceAll(/[/\\\0]/g, '_')
  return basename(safe).startsWith('.') ? `_${safe}` : safe
}

function hasPlaceholder(text: string): boolean {
  return /\{(table|schema)\}/.test(text)
}

function fill(text: string, relation: Relation): string {
  const name = relation.kind === 'table' ? relation.table.name : 'query'
  const schema = relation.kind === 'table' ? (relation.table.scope.at(-1) ?? '') : ''
  return text.replaceAll('{table}', safeFileName(name)).replaceAll('{schema}', safeFileName(schema))
}

function placeholderNeeded(into: string): ConfigError {
  return new ConfigError('ONE_TARGET_FOR_MANY', {
    message: `Several tables cannot all go to "${into}". Use a folder that ends with "/", or a name with {table} (and {schema}) in it, such as --into "raw.{table}".`,
  })
}

function refuseSharedTargets(items: readonly TableItem[], spec: TransferSpec): void {
  const { foldsNames = false } = spec.to.connector.definition.capabilities
  const seen = new Map<string, string>()
  for (const item of items) {
    const place = foldsNames
      ? item.targetLabel.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
      : item.targetLabel
    const other = seen.get(place)
    if (other !== undefined) {
      throw new ConfigError('TARGET_TWICE', {
        message: `${other} and ${item.label} would both go to ${item.targetLabel} at ${spec.to.address}. Tell them apart with --into "{schema}_{table}", or copy them one by one.`,
      })
    }
    seen.set(place, item.label)
  }
}
