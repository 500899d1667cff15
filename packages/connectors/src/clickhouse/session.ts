import type { ConfigValues } from '../kit/config-schema.ts'
import { type ClickhouseHttp, createClickhouseHttp, type Settings } from './http.ts'
import { readRows } from './read-table.ts'

export interface Session {
  readonly http: ClickhouseHttp
  readonly version: string
  /** What every statement that reads is given. */
  readonly reading: Settings
}

/**
 * Reading settings: nothing may write, no limit may cut a result short in silence, a slow reader is
 * waited for (seconds), JSON keeps numbers as numbers, and text is written in the way in which it is read here.
 */
const reading: Settings = {
  readonly: 2,
  result_overflow_mode: 'throw',
  read_overflow_mode: 'throw',
  timeout_overflow_mode: 'throw',
  limit: 0,
  offset: 0,
  http_send_timeout: 3600,
  cancel_http_readonly_queries_on_client_close: 1,
  output_format_json_quote_64bit_integers: 0,
  output_format_tsv_crlf_end_of_line: 0,
  format_tsv_null_representation: '\\N',
}

/** In statements that write: times without a zone are UTC. Not among the parameters of the request, whose `session_…` are about sessions. */
export const utc = "SETTINGS session_timezone = 'UTC'"

/** For statements that write. Text is taken as it is. */
export const writing: Settings = {
  http_receive_timeout: 3600,
  precise_float_parsing: 1,
  // Takes the offset that columns of other time zones need.
  date_time_input_format: 'best_effort',
  input_format_tsv_empty_as_default: 0,
  input_format_null_as_default: 0,
  input_format_allow_errors_num: 0,
  async_insert: 0,
  // Both limits make small parts of the rows of one statement; staged rows are not looked at before they are all there.
  max_partitions_per_insert_block: 0,
}

/** Connects, and asks what every later statement depends on. */
export async function openSession(config: ConfigValues, signal?: AbortSignal): Promise<Session> {
  const http = createClickhouseHttp(config)
  try {
    const [row] = await readRows(http, {
      sql: "SELECT version(), toString(getSetting('readonly'))",
      signal,
      quick: true,
    })
    // A user with readonly = 1 may not give settings; those of the profile then hold.
    return { http, version: row?.[0] ?? '', reading: row?.[1] === '1' ? {} : reading }
  } catch (error) {
    http.close()
    throw error
  }
}
