import { localDate, localDateTime, sameTimeOnDay } from '../schedule/local-time.ts'
import type { DataInterval } from '../schedule/schedule.ts'
import type { TemplateContext } from './template.ts'
import { mergeVariables, renderVariables, type Variable, withVariables } from './variables.ts'

export interface TemplateRun {
  readonly runId: string
  readonly logicalDate: Date
  readonly dataInterval: DataInterval
  /** Of all dates and times in templates. Default `UTC`. */
  readonly timezone?: string
  /** What the run was started with. */
  readonly params?: Readonly<Record<string, unknown>>
  /** What the engine that runs the job was given for this run. Default: the params. */
  readonly jobRunConf?: unknown
  /** Rendered in their order. */
  readonly variables?: readonly Variable[]
  /** Win over variables of the same name. */
  readonly jobVariables?: readonly Variable[]
}

/**
 * What the templates of a run can name:
 *
 * - `logical_date`, `yesterday`, `tomorrow`, `data_interval_start`, `data_interval_end`: times in ISO 8601 with the
 *   offset of the time zone; `yesterday` and `tomorrow` are a calendar day before and after the logical date
 * - `dt`, `yesterday_dt`, `tomorrow_dt`, `data_interval_start_dt`, `data_interval_end_dt`: their dates, `YYYY-MM-DD`
 * - `params`, `job_run_conf`, `run_id`, `var(name, default)`, and every variable by its name
 *
 * The start of the data interval is null for `@once`.
 *
 * @throws ConfigError `VARIABLE_INVALID`, `TIMEZONE_UNKNOWN`
 */
export function templateContext(run: TemplateRun): TemplateContext {
  const { timezone = 'UTC', params = {}, logicalDate, dataInterval } = run
  const now = logicalDate.getTime()
  const yesterday = sameTimeOnDay(now, -1, timezone)
  const tomorrow = sameTimeOnDay(now, 1, timezone)
  const start = dataInterval.start?.getTime() ?? null
  const end = dataInterval.end.getTime()
  const base = {
    dt: localDate(now, timezone),
    logical_date: localDateTime(now, timezone),
    yesterday: localDateTime(yesterday, timezone),
    yesterday_dt: localDate(yesterday, timezone),
    tomorrow: localDateTime(tomorrow, timezone),
    tomorrow_dt: localDate(tomorrow, timezone),
    data_interval_start: start === null ? null : localDateTime(start, timezone),
    data_interval_start_dt: start === null ? null : localDate(start, timezone),
    data_interval_end: localDateTime(end, timezone),
    data_interval_end_dt: localDate(end, timezone),
    params,
    job_run_conf: run.jobRunConf ?? params,
    run_id: run.runId,
  }
  const variables = mergeVariables(run.variables ?? [], run.jobVariables ?? [])
  return withVariables(base, renderVariables(variables, base, timezone))
}
