const csv = 'text/csv; charset=UTF-8; header='

/** The Content-Type that ClickHouse gives a format. */
export function contentType(format: string): string {
  if (/^CSV/.test(format)) return `${csv}${/WithNames/.test(format) ? 'present' : 'absent'}`
  if (/^(TabSeparated|TSV)/.test(format)) return 'text/tab-separated-values; charset=UTF-8'
  if (/EachRow|^NDJSON|^JSONLines/.test(format) && format !== 'JSONColumns')
    return 'application/x-ndjson; charset=UTF-8'
  if (/^JSON/.test(format)) return 'application/json; charset=UTF-8'
  if (/^XML/.test(format)) return 'application/xml; charset=UTF-8'
  if (/^(Native|RowBinary|Parquet|Arrow|ORC|Avro|MsgPack|BSON|Npy)/.test(format)) return 'application/octet-stream'
  return 'text/plain; charset=UTF-8'
}
