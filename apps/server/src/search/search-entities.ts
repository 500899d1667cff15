import { type Queryable, type Sql, sql } from '@millrace/db'
import type { Authz, Caller } from '../authz/index.ts'
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
  readonly first_name: string | null
  readonly last_name: string | null
  readonly namespace: {
    readonly id: string
    readonly slug: string
    readonly kind: string
    readonly name: string
  } | null
  readonly creator: {
    readonly id: string
    readonly slug: string | null
    readonly first_name: string | null
    readonly last_name: string | null
  } | null
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

/**
 * Finds, counts and reads the page in one statement. To plan it takes several times longer than to execute it, and the plan is the
 * same whatever is looked for: with values that the planner cannot see, it is made a few times for each form of a search.
 */
export async function searchEntities(
  db: Queryable,
  authz: Authz,
  caller: Caller,
  query: SearchQuery,
  { limit, offset, allKeywords }: SearchOptions,
): Promise<Found> {
  const text = textQuery(query.words)
  const score = text === null ? sql`0::real` : sql`ts_rank(e.document, ${hidden(sql`${text}::tsquery`)})`
  const order = orderOf(query.sort)
  return await db.one<Found>(sql`
    with hit as materialized (
      select e.type, e.id, e.name, e.created_at, e.keywords, ${score} as score
      from search.entity e
      where ${conditionOf(query, authz, caller)}
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
      (select coalesce(json_agg(item order by place), '[]') from (${itemsOf()}) as item) as items`)
}

function itemsOf(): Sql {
  return sql`
    select
      page.place, page.score, e.type, e.id, e.slug, e.name, e.is_public, e.keywords, e.description, e.created_at, e.doi,
      e.publisher_name, concat_ws('/', n.slug, within.slug, e.slug) as path,
      coalesce(p.repositories, '{}') as repositories, d.storage_type, d.readonly, u.first_name, u.last_name,
      case when n.id is not null then json_build_object(
        'id', n.id, 'slug', n.slug, 'kind', case when n.group_id is null then 'user' else 'group' end,
        'name', coalesce(g.name, nullif(concat_ws(' ', owner.first_name, owner.last_name), ''), n.slug)) end as namespace,
      case when e.type <> 'User' then json_build_object(
        'id', e.created_by, 'slug', creator_namespace.slug,
        'first_name', creator.first_name, 'last_name', creator.last_name) end as creator
    from page
    join search.entity e on e.type = page.type and e.id = page.id
    left join common.project p on e.type = 'Project' and p.id = e.id
    left join data_connectors.data_connector d on e.type = 'DataConnector' and d.id = e.id
    left join common.project within on within.id = e.project_id
    left join common.namespace n on n.id = coalesce(e.namespace_id, within.namespace_id)
    left join common."group" g on g.id = n.group_id
    left join users."user" owner on owner.id = n.user_id
    left join users."user" u on e.type = 'User' and u.id = e.id
    left join users."user" creator on creator.id = e.created_by
    left join common.namespace creator_namespace on creator_namespace.user_id = e.created_by`
}

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
