import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureClaims } from './engine/claims.ts'
import { sqlFloor } from './engine/floor.ts'
import { measureIdle } from './engine/idle.ts'
import { type Platform, startPlatform, timeRun } from './engine/platform.ts'

export interface EngineFigure {
  readonly name: string
  /** In the unit that the name says. */
  readonly median: number
  readonly p95: number
  readonly unit: 'ms' | 'tasks/s' | 'ratio' | 'queries/s'
  /** What it has to keep to; null: nothing, it is there to compare with. */
  readonly bar: { readonly atMost?: number; readonly atLeast?: number } | null
}

/**
 * The engine as it is deployed: PostgreSQL that syncs its writes, server, worker and task processes, each a process of its
 * own on this machine, spoken to over HTTP. Beside it the same work as bare SQL: the least that any engine on this database
 * has to do.
 */
export async function measureEngine(rounds: number, tell: (text: string) => void): Promise<EngineFigure[]> {
  await using cleanUp = new AsyncDisposableStack()
  // On a disk: the writes of an engine have to survive.
  const folder = cleanUp.adopt(mkdtempSync(join(tmpdir(), 'millrace-bench-engine-')), (path) =>
    rmSync(path, { recursive: true, force: true }),
  )
  tell('Starting database, server and worker...')
  const platform = await startPlatform(folder, cleanUp)
  const figures: EngineFigure[] = []
  const add = (
    name: string,
    unit: EngineFigure['unit'],
    values: readonly number[],
    bar: EngineFigure['bar'] = null,
  ) => {
    figures.push({
      name,
      unit,
      median: quantile(values, 0.5),
      p95: quantile(values, unit === 'tasks/s' ? 0.05 : 0.95),
      bar,
    })
    tell(describe(figures.at(-1) as EngineFigure))
  }

  await platform.setSlots(1)
  const floor: number[] = []
  const warm: number[] = []
  const first: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const bare = await sqlFloor(platform.db, 40)
    const run = await timeRun(platform, 'bench_warm')
    if (round === 0) continue
    floor.push(bare)
    warm.push(run.wallMs)
    first.push((await startedAt(platform, run.id)) - run.calledAt)
  }
  add('40 chained tasks as bare SQL, ms', 'ms', floor)
  add('40 chained fibo(10), warm, ms', 'ms', warm, { atMost: 1000 })
  add('first task of a run starts after the call, ms', 'ms', first, { atMost: 40 })
  add('40 chained fibo(10), a process each, ms', 'ms', await repeat(rounds, platform, 'bench_isolated'), {
    atMost: 3000,
  })

  await platform.setSlots(2)
  add('10 × fibo(33), 2 slots, ms', 'ms', await repeat(rounds, platform, 'bench_heavy'))
  const fan = await repeat(Math.min(rounds, 5), platform, 'bench_fan', { items: 10_000 })
  const perSecond = fan.map((ms) => 10_000 / (ms / 1000))
  add('fan-out of 10,000 tasks, 2 slots, tasks/s', 'tasks/s', perSecond, { atLeast: 1000 })

  const idle = await measureIdle(platform.db)
  add('idle, queries/s', 'queries/s', [idle], { atMost: 5 })
  const claims = await measureClaims(platform.db, rounds, tell)
  add('claim with 100,000 finished task runs in history, beside without', 'ratio', claims, { atMost: 1.1 })
  return figures
}

async function repeat(
  rounds: number,
  platform: Platform,
  workflow: string,
  params: Readonly<Record<string, number>> = {},
): Promise<number[]> {
  const values: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const { wallMs } = await timeRun(platform, workflow, params)
    if (round > 0) values.push(wallMs)
  }
  return values
}

/** When the first task of a run of `warm` began, by its own output. */
async function startedAt({ db }: Platform, runId: string): Promise<number> {
  const row = await db.one<{ at: number }>({
    text: `select (o.value->>'startedAt')::float8 as at from engine.task_run t
      join engine.task_output o on o.task_run_id = t.id where t.run_id = $1 and t.node_index = 0`,
    values: [runId],
  })
  return row.at
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))] ?? Number.NaN
}

function describe({ name, median, p95, bar, unit }: EngineFigure): string {
  const digits = unit === 'ratio' ? 2 : median < 100 ? 1 : 0
  const kept = bar === null || (median <= (bar.atMost ?? Infinity) && median >= (bar.atLeast ?? 0))
  const wanted =
    bar === null
      ? ''
      : ` (${bar.atMost === undefined ? `at least ${bar.atLeast}` : `at most ${bar.atMost}`}: ${kept ? 'kept' : 'MISSED'})`
  return `${name}: ${median.toFixed(digits)}, worst of 20 ${p95.toFixed(digits)}${wanted}`
}

export function printEngine(figures: readonly EngineFigure[]): string {
  return figures.map(describe).join('\n')
}
