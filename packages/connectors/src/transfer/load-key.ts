import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { TableConnector } from '../kit/connector.ts'
import type { Target, WriteMode } from '../kit/sink.ts'
import type { Relation } from '../kit/source.ts'

export interface LoadIdentity {
  readonly from: TableConnector
  readonly relation: Relation
  readonly to: TableConnector
  readonly target: Target
  readonly mode: WriteMode
  readonly keys: readonly string[]
  readonly cursor: string | null
}

/** The same command gives the same key, so that it finds the load that it left behind. */
export function loadKey(identity: LoadIdentity): string {
  return digest([...ends(identity), identity.target, identity.mode, identity.keys, identity.cursor])
}

/** Names a pipeline's incremental state: what is read, where it goes and by which cursor; not how it is written. */
export function stateKey(identity: LoadIdentity): string {
  return digest([...ends(identity), placeOf(identity), identity.cursor])
}

function ends({ from, relation, to }: LoadIdentity): unknown[] {
  const what = relation.kind === 'table' ? [...relation.table.scope, relation.table.name] : relation.sql
  return [from.definition.name, from.label, relation.kind, what, to.definition.name, to.label]
}

function placeOf({ to, target }: LoadIdentity): unknown {
  if (target.kind === 'table') return target.table
  return to.definition.capabilities.localPaths ? resolve(target.path) : target.path
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 20)
}
