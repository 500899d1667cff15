import { DataTestOperator, SqlOperator, TransferOperator } from '@millrace/operators'
import { Workflow, z } from '@millrace/workflow'
import { ExtractDay } from '../tasks/extract-day.ts'
import { ReportDelays } from '../tasks/report-delays.ts'

const load = new TransferOperator({
  from: { connection: 'lake', path: 'flights.csv' },
  to: { connection: 'warehouse', table: 'arrivals' },
  mode: 'replace',
  verify: 'count',
})

const check = new DataTestOperator({
  connection: 'warehouse',
  table: 'arrivals',
  key: ['departure', 'origin', 'destination'],
  checks: [
    { check: 'row_count', min: 10_000, max: 25_000 },
    { check: 'not_null', column: 'departure' },
    { check: 'not_null', column: 'delay_min' },
    { check: 'range', column: 'delay_min', min: -120, max: 1440 },
    { check: 'failing_rows', sql: 'select origin, destination from arrivals where origin = destination' },
    { name: 'no early bird', check: 'range', column: 'delay_min', min: -60, severity: 'warn' },
  ],
})

/** A day that is loaded again replaces what it left before. */
const transform = new SqlOperator({
  connection: 'warehouse',
  sql: `
    create table if not exists flights as select * from arrivals limit 0;
    delete from flights where day in (select day from arrivals);
    insert into flights select * from arrivals;
    create or replace table airport_delays as
      select
        day, origin as airport, count(*) as flights,
        median(delay_min) as median_delay_min,
        round(100.0 * count(*) filter (delay_min > 30) / count(*), 1) as late_percent
      from flights
      group by day, origin;
    select count(distinct day) as days, count(*) as flights from flights`,
  expect: { rows: { min: 1, max: 1 } },
})

/** Every morning the flights of the day before: extracted, loaded with proof, checked, summed up, reported. */
export const flights = new Workflow({
  category: 'flights',
  name: 'daily',
  title: 'Delays of flights',
  version: '1.0.0',
  tags: ['example'],
  params: z.object({
    day: z.iso
      .date()
      .optional()
      .describe('A day of the sample, 2001-01-01 to 2001-01-07. Default: the one that stands for the date of the run.'),
    airports: z.number().int().min(1).max(50).default(5).describe('How many airports the report names.'),
  }),
  schedule: '0 6 * * *',
  timezone: 'Europe/Berlin',
  catchup: 'latest',
  // DuckDB has one writer.
  maxActiveRuns: 1,
  defaults: { retries: 2, retryDelaySeconds: 10, retryBackoff: 2, timeouts: { startToCloseSeconds: 600 } },
})
  .addNode(ExtractDay)
  .addNode(load, { id: 'load', upstreams: ExtractDay })
  .addNode(check, { id: 'check', upstreams: load })
  .addNode(transform, { id: 'transform', upstreams: check })
  .addNode(ReportDelays, { upstreams: transform })
