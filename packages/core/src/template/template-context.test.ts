import { describe, expect, it, test } from 'vitest'
import { parseSchedule } from '../schedule/schedule.ts'
import { renderDeep } from './render-deep.ts'
import { type TemplateRun, templateContext } from './template-context.ts'

const runOf = (logicalDate: string, cron: string, timezone: string, more: Partial<TemplateRun> = {}) => {
  const at = new Date(logicalDate)
  const dataInterval = parseSchedule({ cron, timezone }).dataInterval(at)
  return templateContext({ runId: 'r-1', logicalDate: at, dataInterval, timezone, ...more })
}

describe('dates', () => {
  it('R1: a @daily run at 2024-01-02T00:00 has the day before as its data interval; @once has no start', () => {
    const { var: _, ...daily } = runOf('2024-01-02T00:00:00Z', '@daily', 'UTC')
    expect(daily).toEqual({
      dt: '2024-01-02',
      logical_date: '2024-01-02T00:00:00+00:00',
      yesterday: '2024-01-01T00:00:00+00:00',
      yesterday_dt: '2024-01-01',
      tomorrow: '2024-01-03T00:00:00+00:00',
      tomorrow_dt: '2024-01-03',
      data_interval_start: '2024-01-01T00:00:00+00:00',
      data_interval_start_dt: '2024-01-01',
      data_interval_end: '2024-01-02T00:00:00+00:00',
      data_interval_end_dt: '2024-01-02',
      params: {},
      job_run_conf: {},
      run_id: 'r-1',
    })
    expect(runOf('2024-01-02T00:00:00Z', '@once', 'UTC')).toMatchObject({
      data_interval_start: null,
      data_interval_start_dt: null,
      data_interval_end: '2024-01-02T00:00:00+00:00',
    })
  })

  it('are those of the time zone, and a day is one of the calendar', () => {
    expect(runOf('2026-03-29T22:30:00Z', '30 0 * * *', 'Europe/Berlin')).toMatchObject({
      dt: '2026-03-30',
      logical_date: '2026-03-30T00:30:00+02:00',
      yesterday: '2026-03-29T00:30:00+01:00',
      data_interval_start: '2026-03-29T00:30:00+01:00',
    })
    expect(runOf('2026-03-28T01:30:00Z', '30 2 * * *', 'Europe/Berlin')).toMatchObject({
      tomorrow: '2026-03-29T03:00:00+02:00',
    })
    expect(runOf('2026-06-01T00:00:00.250Z', '@daily', 'Asia/Kathmandu').logical_date).toBe(
      '2026-06-01T05:45:00.250+05:45',
    )
    expect(runOf('2026-06-01T02:00:00Z', '@daily', 'America/New_York')).toMatchObject({
      dt: '2026-05-31',
      logical_date: '2026-05-31T22:00:00-04:00',
    })
  })
})

describe('variables', () => {
  const run = (more: Partial<TemplateRun>) => runOf('2024-01-02T00:00:00Z', '@daily', 'UTC', more)

  it('R2: a later variable sees an earlier rendered one, and a bad template stays as it is written', () => {
    const context = run({
      variables: [
        { name: 'early', value: '{{ late }}' },
        { name: 'table', value: 'orders_{{ dt | replace("-", "") }}' },
        { name: 'sql', value: 'select * from {{ table }} where day = {{ var("table") | length }}' },
        { name: 'broken', value: '{% if %}' },
        { name: 'unknown', value: '{{ nowhere }}' },
        { name: 'late', value: 'x' },
      ],
    })
    expect(context).toMatchObject({
      early: '{{ late }}',
      table: 'orders_20240102',
      sql: 'select * from orders_20240102 where day = 15',
      broken: '{% if %}',
      unknown: '{{ nowhere }}',
      late: 'x',
    })
  })

  it('R3: job variables override, and what is made of a variable sees the one of the job', () => {
    const context = run({
      variables: [
        { name: 'schema', value: 'raw' },
        { name: 'table', value: '{{ schema }}.orders' },
      ],
      jobVariables: [
        { name: 'schema', value: 'test' },
        { name: 'extra', value: '{{ table }}' },
        { name: 'dt', value: '2023-12-31' },
      ],
    })
    expect(context).toMatchObject({ schema: 'test', table: 'test.orders', extra: 'test.orders', dt: '2023-12-31' })
    expect(renderDeep('{{ var("schema") }} {{ var("dt") }} {{ dt }}', context)).toBe('test 2023-12-31 2023-12-31')
  })

  it('var gives a variable, its default, or an error that names it', () => {
    const context = run({ variables: [{ name: 'limits', value: { low: [1, 2] } }] })
    const render = (text: string) => renderDeep(text, context)
    expect(render('{{ var("limits").low[1] }}')).toBe('2')
    expect(render('{{ var("none", "d") }}{{ var("none", default=3) }}{{ var("none", [4, 5])[1] }}')).toBe('d35')
    expect(render('{{ var("toString", "-") }}{{ var("__proto__", "-") }}{{ var("var", "-") }}')).toBe('---')
    expect(() => render('{{ var("none") }}')).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_UNKNOWN_NAME',
        message: "There is no variable \"none\". Declare it, or give a default: var('none', '…').",
      }),
    )
  })

  test('have types', () => {
    const context = runOf('2024-07-02T00:00:00Z', '@daily', 'Europe/Berlin', {
      variables: [
        { name: 'at', value: '{{ dt }} 06:00', type: 'DATETIME' },
        { name: 'utc', value: '2024-07-02T23:30:00Z', type: 'DATETIME' },
        { name: 'day', value: '2024-07-02T23:30:00Z', type: 'DATE' },
        { name: 'json', value: '{"dt": "{{ dt }}", "n": [1]}', type: 'JSON' },
        { name: 'given', value: { a: 1 }, type: 'JSON' },
        { name: 'number', value: ' 1.5', type: 'number' },
        { name: 'boolean', value: 'True', type: 'boolean' },
        { name: 'plain', value: '1.5' },
      ],
    })
    expect(context).toMatchObject({
      at: '2024-07-02T06:00:00+02:00',
      utc: '2024-07-03T01:30:00+02:00',
      day: '2024-07-03',
      json: { dt: '2024-07-02', n: [1] },
      given: { a: 1 },
      number: 1.5,
      boolean: true,
      plain: '1.5',
    })
  })

  test.each([
    ['DATETIME', 'soon', 'is a DATETIME and must be like 2026-03-01 or 2026-03-01T09:30:00+01:00, not "soon".'],
    ['DATE', '2026-02-30', 'is a DATE and must be like'],
    ['JSON', '{', 'is JSON and cannot be read: '],
    ['number', 'many', 'must be a number, not "many".'],
    ['number', '', 'must be a number, not "".'],
    ['boolean', 'maybe', 'must be true or false, not "maybe".'],
    ['PYTHON_CODE', '1', 'has the unknown type "PYTHON_CODE"; there are plain, DATETIME, DATE, JSON, number, boolean.'],
  ])('a %s cannot be "%s"', (type, value, message) => {
    expect(() => run({ variables: [{ name: 'x', value, type: type as 'plain' }] })).toThrow(
      expect.objectContaining({
        code: 'VARIABLE_INVALID',
        recovery: 'config',
        message: expect.stringContaining(`The variable "x" ${message}`),
      }),
    )
  })

  it('cannot take the names of the run', () => {
    for (const name of ['params', 'run_id', 'job_run_conf', 'var']) {
      expect(() => run({ jobVariables: [{ name, value: 1 }] })).toThrow(
        expect.objectContaining({ code: 'VARIABLE_INVALID' }),
      )
    }
  })
})

test('params and the configuration of the job run are data', () => {
  const context = runOf('2024-01-02T00:00:00Z', '@daily', 'UTC', {
    params: { tables: ['a', 'b'] },
    jobRunConf: { full: true },
  })
  expect(renderDeep('{{ params.tables | join(",") }} {{ job_run_conf.full }} {{ run_id }}', context)).toBe(
    'a,b true r-1',
  )
})
