import { type Measurement, measure } from './measure.ts'

/** One way to do a job. The first case of a block is what the others are measured against. */
export interface Case {
  readonly name: string
  readonly command: string
  readonly env?: Readonly<Record<string, string>>
  /** Puts things back before each run; not measured. */
  readonly before?: () => Promise<void>
}

export interface Block {
  readonly title: string
  /** What is alike for all cases of the block. */
  readonly conditions: string
  readonly rows: number
  readonly cases: readonly Case[]
}

export interface CaseResult {
  readonly name: string
  readonly seconds: number
  readonly rowsPerSecond: number
  /** How many times faster than the first case; the median of the ratios of each round. */
  readonly ratio: number
  readonly cpuSeconds: number | null
  readonly peakMegabytes: number | null
  readonly runs: readonly Measurement[]
}

export interface BlockResult {
  readonly title: string
  readonly conditions: string
  readonly rows: number
  readonly cases: readonly CaseResult[]
}

/**
 * Runs the cases of a block in turns, round by round, so that a busy moment of the machine hits all of
 * them; a first round that is thrown away warms caches.
 */
export async function compare(block: Block, rounds: number, tell: (text: string) => void): Promise<BlockResult> {
  const runs = block.cases.map((): Measurement[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const index of block.cases.keys()) {
      // Another one begins each round: the first of a round meets a quieter machine.
      const turn = (index + round) % block.cases.length
      const { name, command, env, before } = block.cases[turn] as Case
      tell(`${block.title}: ${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}, ${name}`)
      await before?.()
      const run = await measure(command, env)
      if (round > 0) runs[turn]?.push(run)
    }
  }
  const baseline = runs[0] ?? []
  return {
    title: block.title,
    conditions: block.conditions,
    rows: block.rows,
    cases: block.cases.map(({ name }, index) => {
      const own = runs[index] ?? []
      const seconds = median(own.map(({ wallMs }) => wallMs)) / 1000
      return {
        name,
        seconds,
        rowsPerSecond: block.rows / seconds,
        ratio: median(own.map(({ wallMs }, round) => (baseline[round]?.wallMs ?? Number.NaN) / wallMs)),
        cpuSeconds: whenKnown(
          own.map(({ cpuMs }) => cpuMs),
          1000,
        ),
        peakMegabytes: whenKnown(
          own.map(({ peakBytes }) => peakBytes),
          1e6,
        ),
        runs: own,
      }
    }),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function whenKnown(values: readonly (number | null)[], unit: number): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : median(known) / unit
}

export function printBlock({ title, conditions, rows, cases }: BlockResult): string {
  const table = [
    ['', 'ratio', 'seconds', 'rows/s', 'client CPU s', 'peak MB'],
    ...cases.map(({ name, ratio, seconds, rowsPerSecond, cpuSeconds, peakMegabytes }) => [
      name,
      ratio.toFixed(2),
      seconds.toFixed(2),
      Math.round(rowsPerSecond).toLocaleString('en'),
      cpuSeconds?.toFixed(2) ?? '-',
      peakMegabytes?.toFixed(0) ?? '-',
    ]),
  ]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? []
  const lines = table.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
  return [`${title} (${rows.toLocaleString('en')} rows)`, conditions, '', ...lines, ''].join('\n')
}
