import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DataError } from '@millrace/core'
import { openConnection } from '@millrace/operators'
import { Task, type TaskContext } from '@millrace/workflow'

export interface FlightsParams {
  readonly day?: string | undefined
  readonly airports: number
}

const archive = join(import.meta.dirname, '..', 'data', 'flights.parquet')
const firstDay = Date.UTC(2001, 0, 1)
const daysOfSample = 7
const dayMs = 86_400_000

/** Takes the flights of one day out of the archive and puts them into the lake as CSV. */
export class ExtractDay extends Task<FlightsParams> {
  static override readonly connections = ['lake', 'warehouse']

  async run(context: TaskContext<FlightsParams>) {
    const day = context.params.day ?? dayFor(context.run.dataInterval.start ?? context.run.logicalDate)
    const folder = String((await context.connections.get('lake')).values.path)
    await mkdir(folder, { recursive: true })
    await using warehouse = await openConnection(context, 'warehouse', 'sql')
    const rows = await warehouse.execute(
      `copy (
        select date as departure, date::date as day, origin, destination, delay as delay_min, distance as distance_miles
        from read_parquet('${quoted(archive)}') where date::date = date '${quoted(day)}' order by date
      ) to '${quoted(join(folder, 'flights.csv'))}' (header)`,
      context.signal,
    )
    if (rows === 0) {
      // An error of the data is not tried again: the next time they would be the same.
      throw new DataError('NO_FLIGHTS', {
        message: `The sample has no flights on ${day}; it is of 2001-01-01 to 2001-01-07.`,
      })
    }
    context.log.info(`${rows} flights on ${day}`)
    context.heartbeat({ done: rows, unit: 'rows' })
    return { day, rows }
  }
}

/** The sample is of one week: each date stands for one of its days. */
function dayFor(date: Date): string {
  const number = Math.floor(date.getTime() / dayMs) % daysOfSample
  return new Date(firstDay + number * dayMs).toISOString().slice(0, 10)
}

function quoted(text: string): string {
  return text.replaceAll("'", "''")
}
