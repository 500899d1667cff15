import { type Queryable, type Sql, sql } from '@millrace/db'
import { type Authz, type Caller, rightsOf } from '../authz/index.ts'
import type { SharedReads } from '../sharing-reads.ts'
import { conditionOf, hidden } from './conditions.ts'
import type { EntityType, SearchQuery, Sort } from './search-query.ts'
import { textQuery } from './text-query.ts'

export interface FoundEntity {
  readonly type: EntityType
  readonly id: string
  readonly slug: string
  readonly path: string
  readonly name: string
  readonly is_public: boolean
  readonly keywords: readonly string[]
  readonly description: string | null
  readonly created_at: string
  readonly score: number
  readonly doi: string | null
  readonly publisher_name: string | null
  readonly repositories: readonly string[] | null
  readonly storage_type: string | null
  readonly readonly: boolean | null
  /** What it is in; all null when in nothing. */
  readonly namespace_id: string | null
  readonly namespace_slug: string | null
  readonly namespace_kind: string | null
  readonly namespace_name: string | null
  readonly creator_id: string
  readonly creator_slug: string | null
  readonly creator_first_name: string | null
  readonly creator_last_name: string | null
}

export interface Found {
  readonly items: readonly FoundEntity[]
  /** Of all pages. */
  readonly total: number
  readonly types: Readonly<Record<string, number>>
  readonly keywords: Readonly<Record<string, number>>
}

export interface SearchOptions {
  readonly limit: number
  readonly offset: number
  /** Counts the keywords of everything that was found; else of the best 1,000, which bounds what a vague search costs. */
  readonly allKeywords: boolean
}

const keywordsAtMost = 50
/** So many are read whole, sorted and counted here; most searches find no more. */
const few = 32

/**
 * Finds, counts and reads the page in one statement, of what is few; of more, in a second one that counts all and reads the page only.
 * To begin such a statement costs more than to execute it, so that the first one has as few parts as can be. To plan it takes several
 * times longer again, and the plan is the same whatever is looked for: with values that the planner cannot see, it is made a
 * few times for each form of a search.
 */
export async function searchEntities(
  reads: SharedReads,
  authz: Authz,
  caller: Caller,
  query: SearchQuery,
  options: SearchOptions,
): Promise<Found> {
  const asked = {
    text: textQuery(query.words),
    name: ['search', rightsOf(caller), query.filters, query.sort],
    condition: () => conditionOf(query, authz, caller),
    order: () => orderOf(query.sort),
  }
  return (await searchFew(reads, asked, options)) ?? (await searchMany(reads, asked, options))
}

interface Asked {
  readonly text: string | null
  /** All else that follows. */
  readonly name: readonly unknown[]
  readonly condition: () => Sql
  readonly order: () => Sql
}

/** Found by the words, an expression of type `tsquery`, if there are any. */
function hitsOf({ text, condition }: Asked, words: Sql): { readonly score: Sql; readonly condition: Sql } {
  if (text === null) return { score: sql`0::real`, condition: condition() }
  return { score: sql`ts_rank(e.document, ${words})`, condition: sql`e.document @@ ${words} and ${condition()}` }
}

/** Null when there are more. */
async function searchFew(reads: SharedReads, asked: Asked, { limit, offset }: SearchOptions): Promise<Found | null> {
  const name = [...asked.name, asked.text === null]
  const [found] = await reads.about<{ items: readonly FoundEntity[] | null }>(name, asked.text ?? '', (key) => {
    const { score, condition } = hitsOf(asked, hidden(sql`${key}::tsquery`))
    return sql`
      with e as materialized (
        select ${entityColumns}, ${score} as score from search.entity e where ${condition} limit ${sql.literal(`${few + 1}`)}
      )
      select case when (select count(*) from e) <= ${few} then (
        select coalesce(json_agg(item order by ${asked.order()}), '[]')
        from (select ${columns}, e.score from e ${joins}) as item
      ) end as items`
  })
  const items = found?.items ?? null
  if (items === null) return null
  const keywords = [...countOf(items.flatMap((item) => item.keywords))].sort(
    ([left, leftCount], [right, rightCount]) => rightCount - leftCount || (left < right ? -1 : 1),
  )
  return {
    items: items.slice(offset, offset + limit),
    total: items.length,
    types: Object.fromEntries(countOf(items.map(({ type }) => type))),
    keywords: Object.fromEntries(keywords.slice(0, keywordsAtMost)),
  }
}

function countOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

async function searchMany(db: Queryable, asked: Asked, { limit, offset, allKeywords }: SearchOptions): Promise<Found> {
  const order = asked.order()
  const { score, condition } = hitsOf(asked, hidden(sql`${asked.text}::tsquery`))
  return await db.one<Found>(sql`
    with hit as materialized (
      select e.type, e.id, e.name, e.created_at, e.keywords, ${score} as score
      from search.entity e
      where ${condition}
    ),
    page as materialized (
      select row_number() over (order by ${order}) as place, type, id, score from hit order by ${order} limit ${hidden(sql`${limit}::bigint`)} offset ${hidden(sql`${offset}::bigint`)}
    )
    select
      (select count(*) from hit) as total,
      (select coalesce(json_object_agg(type, count), '{}') from (select type, count(*) from hit group by type) as counted) as types,
      (
        select coalesce(json_object_agg(keyword, count), '{}')
        from (
          select keyword, count(*)
          from (select keywords from hit where keywords <> '{}' order by score desc limit ${hidden(sql`${allKeywords ? null : 1000}::bigint`)}) as best,
            unnest(best.keywords) as keyword
          group by keyword order by count desc, keyword limit ${keywordsAtMost}
        ) as counted
      ) as keywords,
      (
        select coalesce(json_agg(item order by place), '[]')
        from (
          select page.place, page.score, ${columns}
          from page join search.entity e on e.type = page.type and e.id = page.id ${joins}
        ) as item
      ) as items`)
}

/** What `columns` and `joins` speak of. */
const entityColumns = sql`
  e.type, e.id, e.namespace_id, e.project_id, e.slug, e.name, e.is_public, e.keywords, e.description, e.created_by,
  e.created_at, e.doi, e.publisher_name`
const columns = sql`
  e.type, e.id, e.slug, e.name, e.is_public, e.keywords, e.description, e.created_at, e.doi, e.publisher_name,
  concat_ws('/', n.slug, within.slug, e.slug) as path, p.repositories, d.storage_type, d.readonly,
  n.id as namespace_id, n.slug as namespace_slug, case when n.group_id is null then 'user' else 'group' end as namespace_kind,
  coalesce(g.name, nullif(concat_ws(' ', owner.first_name, owner.last_name), ''), n.slug) as namespace_name,
  e.created_by as creator_id, creator_namespace.slug as creator_slug,
  creator.first_name as creator_first_name, creator.last_name as creator_last_name`
/** A user is created by itself. */
const joins = sql`
  left join common.project p on e.type = 'Project' and p.id = e.id
  left join data_connectors.data_connector d on e.type = 'DataConnector' and d.id = e.id
  left join common.project within on within.id = e.project_id
  left join common.namespace n on n.id = coalesce(e.namespace_id, within.namespace_id)
  left join common."group" g on g.id = n.group_id
  left join users."user" owner on owner.id = n.user_id
  left join users."user" creator on creator.id = e.created_by
  left join common.namespace creator_namespace on creator_namespace.user_id = e.created_by`

function orderOf(sort: readonly Sort[]): Sql {
  // Times are cut to seconds; ids, which begin with the time, tell the rest.
  const columns = {
    name: [sql`lower(name collate "und-x-icu")`],
    created: [sql`created_at`, sql`id`],
    score: [sql`score`],
  }
  const asked = sort.flatMap(({ by, descending }) =>
    columns[by].map((column) => (descending ? sql`${column} desc` : column)),
  )
  return sql.join([...asked, sql`score desc`, sql`created_at desc`, sql`id desc`])
}
