import { ConfigError } from '@millrace/core'
import type { ScopeItem, SuggestedColumn } from '../kit/connector.ts'
import { suggestColumn } from '../kit/suggest-column.ts'
import { describeTable, findTable } from './catalog.ts'
import type { Session } from './session.ts'

/** Schemas, or the tables of one; sorted by name. */
export async function listScope(session: Session, parents: readonly string[]): Promise<ScopeItem[]> {
  if (parents.length > 1) {
    throw new ConfigError('NO_SUCH_SCOPE', {
      message: 'PostgreSQL has the scopes schema and table; a table holds no further scope.',
    })
  }
  const [schema] = parents
  if (schema === undefined) {
    const { rows } = await session.query(
      `select nspname from pg_namespace
        where nspname not in ('pg_catalog', 'information_schema') and nspname not like 'pg\\_toast%'
          and nspname not like 'pg\\_temp\\_%' and nspname not like '\\_millrace%' and has_schema_privilege(oid, 'usage')`,
    )
    return rows.map(([name]) => ({ name: name ?? '', value: name ?? '' })).sort(byName)
  }
  const { rows } = await session.query(
    `with recursive member as (
       select c.oid as root, c.oid
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname not like '\\_millrace%'
          and not c.relispartition
       union
       select m.root, i.inhrelid from member m join pg_inherits i on i.inhparent = m.oid
     )
     select r.relname, case when r.relkind not in ('v', 'f') and bool_and(c.reltuples >= 0 or c.relkind = 'p')
                         then sum(c.reltuples) filter (where c.relkind <> 'p')::numeric(30, 0) end,
            case when r.relkind not in ('v', 'f') then sum(pg_total_relation_size(c.oid)) end
       from member m join pg_class r on r.oid = m.root join pg_class c on c.oid = m.oid
      group by r.oid, r.relname, r.relkind`,
    [schema],
  )
  return rows
    .map(([name, numRows, size]) => ({
      name: name ?? '',
      value: `${schema}.${name}`,
      ...(numRows ? { numRows: Number(numRows) } : {}),
      ...(size ? { size: Number(size) } : {}),
    }))
    .sort(byName)
}

const byName = (a: ScopeItem, b: ScopeItem) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** The columns of a table with the ClickHouse types that hold them. */
export async function suggestSchema(session: Session, scopes: readonly string[]): Promise<SuggestedColumn[]> {
  const table = await findTable(session, { scope: scopes.slice(0, -1), name: scopes.at(-1) ?? '' })
  const { columns } = await describeTable(session, table)
  return columns.map(suggestColumn)
}
