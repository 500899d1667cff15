import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ExtractDay } from './tasks/extract-day.ts'
import { ReportDelays } from './tasks/report-delays.ts'
import { flights } from './workflows/flights.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'flights-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const connections = () => ({
  lake: { connector: 'files', values: { path: `${home}/` } },
  warehouse: { connector: 'duckdb', values: { path: join(home, 'flights.duckdb') } },
})

it('takes a day from the archive to the report', async () => {
  const run = await flights.test({ params: { day: '2001-01-03', airports: 3 }, connections: connections() })

  expect(run.tasks.map(({ id, state, failure }) => [id, state, failure?.message])).toEqual([
    ['ExtractDay', 'success', undefined],
    ['load', 'success', undefined],
    ['check', 'success', undefined],
    ['transform', 'success', undefined],
    ['ReportDelays', 'success', undefined],
  ])
  expect(run.output(ExtractDay)).toEqual({ day: '2001-01-03', rows: 16_948 })
  const { report, worst } = run.output(ReportDelays)
  expect(worst).toHaveLength(3)
  expect(readFileSync(report, 'utf8')).toContain('# Delays on 2001-01-03')
})

it('replaces a day that is loaded again, and keeps the others', async () => {
  await flights.test({ params: { day: '2001-01-01' }, connections: connections() })
  await flights.test({ params: { day: '2001-01-02' }, connections: connections() })
  const again = await flights.test({ params: { day: '2001-01-02' }, connections: connections() })

  expect(again.output('transform')).toMatchObject({ rows: [{ days: '2', flights: String(14_828 + 16_850) }] })
})

it('stops before the tables change when the data are not what they should be', async () => {
  const spoilt =
    'departure,day,origin,destination,delay_min,distance_miles\n2001-01-01 00:05:00,2001-01-01,SFO,SFO,3,0\n'
  const run = await flights.test({
    connections: connections(),
    replace: { ExtractDay: () => writeFileSync(join(home, 'flights.csv'), spoilt) },
  })

  expect(run.state).toBe('failed')
  expect(run.task('check').failure?.message).toMatch(/row_count.*failing_rows/s)
  expect(run.task('transform').state).toBe('upstream_failed')
})

it('says which days the sample has', async () => {
  const run = await flights.test({ params: { day: '2020-02-02' }, connections: connections() })

  expect(run.task(ExtractDay).failure?.message).toBe(
    'The sample has no flights on 2020-02-02; it is of 2001-01-01 to 2001-01-07.',
  )
})

it('stands for a day of the sample on any date', async () => {
  const run = await flights.test({
    logicalDate: new Date('2026-11-21T05:00:00Z'),
    connections: connections(),
    only: [ExtractDay],
  })
  expect(run.output(ExtractDay).day).toMatch(/^2001-01-0[1-7]$/)
})
