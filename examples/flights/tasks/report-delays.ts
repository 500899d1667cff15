import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openConnection } from '@millrace/operators'
import { Task, type TaskContext } from '@millrace/workflow'
import { ExtractDay, type FlightsParams } from './extract-day.ts'

interface Delay {
  readonly airport: string
  readonly flights: number
  readonly medianDelayMin: number
  readonly latePercent: number
}

/** Says where not to change planes: the airports with the longest delays of the day, as Markdown beside the data. */
export class ReportDelays extends Task<FlightsParams> {
  static override readonly connections = ['lake', 'warehouse']

  async run(context: TaskContext<FlightsParams>) {
    const { day, rows } = await context.output(ExtractDay)
    await using warehouse = await openConnection(context, 'warehouse', 'sql')
    const found = await warehouse.query(`
      select airport, flights::varchar as flights, median_delay_min::varchar as delay, late_percent::varchar as late
      from airport_delays where day = date '${day}' and flights >= 50
      order by median_delay_min desc, late_percent desc, airport limit ${context.params.airports}`)
    const worst = found.map(
      (row): Delay => ({
        airport: String(row.airport),
        flights: Number(row.flights),
        medianDelayMin: Number(row.delay),
        latePercent: Number(row.late),
      }),
    )
    const report = join(String((await context.connections.get('lake')).values.path), `delays-${day}.md`)
    await writeFile(report, markdown(day, rows, worst))
    for (const { airport, flights, medianDelayMin, latePercent } of worst) {
      context.log.info(`${airport}: ${medianDelayMin} min median delay, ${latePercent} % of ${flights} flights late`)
    }
    return { day, report, worst: worst.map((delay) => ({ ...delay })) }
  }
}

function markdown(day: string, rows: number, worst: readonly Delay[]): string {
  return [
    `# Delays on ${day}`,
    '',
    `${rows} flights. The airports to avoid:`,
    '',
    '| Airport | Flights | Median delay, min | More than 30 min late, % |',
    '| --- | ---: | ---: | ---: |',
    ...worst.map((row) => `| ${row.airport} | ${row.flights} | ${row.medianDelayMin} | ${row.latePercent} |`),
    '',
  ].join('\n')
}
