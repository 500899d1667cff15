import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { parseSchedule, renderDeep, templateContext } from './index.ts'

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))
const guide = await readFile(path('docs/guides/templates-and-schedules.md'), 'utf8')

const rows = guide
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) =>
        cell
          .trim()
          .replaceAll('\\|', '|')
          .replace(/^`(.*)`$/, '$1'),
      ),
  )
const schedules = rows.filter((cells) => cells.length === 4)
const templates = rows.filter((cells) => cells.length === 2)

it('the guide has its examples', () => {
  expect([schedules.length, templates.length]).toEqual([10, 19])
})

it.each(schedules)('the schedule %s in %s after %s is next at %s', (cron, timezone, after, expected) => {
  const schedule = parseSchedule({ cron: cron ?? '', timezone: timezone ?? '' })
  const first = schedule.next(new Date(after ?? ''))
  const second = first && schedule.next(first)
  expect([first, second]).toEqual(expected?.split(', ').map((tick) => new Date(tick)))
})

it.each(templates)('the template %s gives %s', (template, text) => {
  const logicalDate = new Date('2026-03-30T00:30:00Z')
  const timezone = 'Europe/Berlin'
  const context = templateContext({
    runId: 'r-1',
    logicalDate,
    timezone,
    dataInterval: parseSchedule({ cron: '30 2 * * *', timezone }).dataInterval(logicalDate),
    params: { table: 'orders' },
    variables: [
      { name: 'schema', value: 'raw' },
      { name: 'target', value: '{{ schema }}.{{ params.table }}' },
    ],
  })
  expect(renderDeep(template, context)).toBe(text)
})

it('the program prints what stands below it', async () => {
  const [, program = ''] = /```ts\n(.*?)```/s.exec(guide) ?? []
  const folder = await mkdtemp(join(tmpdir(), 'millrace-schedule-guide-'))
  try {
    await symlink(path('node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await writeFile(join(folder, 'example.ts'), program)
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--conditions=@millrace/source',
      join(folder, 'example.ts'),
    ])
    expect(stdout.replace(/\s+/g, ' ').trim()).toBe(/^\/\/ (.*)$/m.exec(program)?.[1])
  } finally {
    await rm(folder, { recursive: true })
  }
})
