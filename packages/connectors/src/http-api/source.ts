import { openRecordSource, type RecordReading, type RecordTable } from '../files/record-source.ts'
import type { OpenOptions } from '../kit/connector.ts'
import type { Source } from '../kit/source.ts'
import type { ApiDefinition } from './api-definition.ts'
import { fetchRecords } from './fetch-records.ts'
import type { Requester } from './request.ts'
import { sinceValue } from './since.ts'

export interface ApiSourceOptions extends OpenOptions {
  readonly api: ApiDefinition
  readonly baseUrl: string
  readonly requester: Requester
}

/** The resources of an API as tables. The API itself may change while its pages are read. */
export async function openApiSource({ api, baseUrl, requester, ...options }: ApiSourceOptions): Promise<Source> {
  const since = new Map<string, string>()

  async function* recordsOf(name: string, { lines, signal }: RecordReading): AsyncGenerator<string> {
    const resource = api.resources[name] as ApiDefinition['resources'][string]
    const fetchFrom = (from: string | null, onlyFirstPage: boolean) => {
      const parents = resource.parent === undefined ? null : lines(resource.parent)
      return fetchRecords(api, baseUrl, resource, requester, { since: from, parents, signal, onlyFirstPage })
    }
    const from = since.get(name) ?? null
    let empty = true
    for await (const records of fetchFrom(from, false)) {
      empty &&= records === ''
      yield records
    }
    // Nothing new: a page of what is old shows the columns, and the range leaves its rows out.
    if (from !== null && empty) yield* fetchFrom(null, true)
  }

  const tables = Object.fromEntries(
    Object.entries(api.resources).map(([name, { primary_key: primaryKey = [] }]): [string, RecordTable] => [
      name,
      { primaryKey, records: (reading) => recordsOf(name, reading) },
    ]),
  )
  return {
    ...(await openRecordSource({ dialect: 'http-api', tables, ...options })),
    async narrow(relation, { cursor, lookback, since: sinceOf }) {
      if (relation.kind !== 'table') return
      const { name } = relation.table
      const resource = api.resources[name]
      if (resource?.incremental?.field !== cursor) return
      const mark = await sinceOf(resource.primary_key ?? [])
      if (mark !== null) since.set(name, sinceValue(resource.incremental, mark.cursor, lookback))
    },
  }
}
