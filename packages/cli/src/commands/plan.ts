import { planTransfer, type SchemaChange, type TablePlan } from '@millrace/connectors'
import { type Context, exitCodes } from '../context.ts'
import { bytes, count } from '../output/amounts.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'
import { type TransferArguments, transferJobs } from './requests.ts'

export interface PlanArguments extends TransferArguments {
  readonly json: boolean
}

/** Shows what a copy would do; changes nothing. Ends with the code for what has to be changed when a copy would refuse. */
export async function plan(input: PlanArguments, context: Context): Promise<number> {
  const { mask } = context.secrets
  const plans: { transfer: string | null; tables: readonly TablePlan[] }[] = []
  for (const job of await transferJobs(input, context)) {
    const spec = await job.prepare()
    await using _from = spec.from.connector
    await using _to = spec.to.connector
    const { tables } = await planTransfer(spec, { signal: context.signal })
    plans.push({ transfer: job.name, tables })
    if (input.json) continue
    if (job.name !== null) context.out(`# ${printable(job.name)}\n\n`)
    for (const table of tables) context.out(mask(describePlan(table)))
  }
  const tables = plans.flatMap((each) => each.tables.map((table) => ({ ...table, ...named(each.transfer) })))
  if (input.json) context.out(`${mask(JSON.stringify({ tables }, null, 2))}\n`)
  return tables.some(({ conflicts }) => conflicts.length > 0) ? exitCodes.usage : exitCodes.done
}

function named(transfer: string | null) {
  return transfer === null ? {} : { transfer }
}

function describePlan(plan: TablePlan): string {
  const parts = [
    `${printable(plan.table)} → ${printable(plan.target)}\n`,
    facts(plan).map((fact) => `  ${fact}\n`),
    '\n',
    indent(
      textTable(
        ['column', 'source type', 'destination type', 'null'],
        plan.columns.map(({ name, sourceType, targetType, nullable }) => [
          name,
          sourceType,
          targetType,
          nullable ? 'yes' : 'no',
        ]),
      ),
    ),
    section('Changes at the destination', plan.changes.map(describeChange)),
    section('Left out by the contract', plan.discarded),
    section('Columns of the destination without a source', plan.missing),
    section(
      'May not survive',
      plan.forecast.map(({ column, message, reason }) => `${column}: ${message} (${reason})`),
    ),
    section('Conflicts: the copy would refuse', plan.conflicts),
    '\n',
  ]
  return parts.flat().join('')
}

function facts(plan: TablePlan): string[] {
  const size = [
    plan.estimatedRows === null ? 'unknown number of rows' : `about ${count(plan.estimatedRows)} rows`,
    ...(plan.estimatedBytes === null ? [] : [`about ${bytes(plan.estimatedBytes)}`]),
    `${count(plan.chunks)} ${plan.chunks === 1 ? 'chunk' : 'chunks'}`,
    `as ${plan.wireFormat}`,
  ]
  const there = plan.targetExists
    ? `exists${plan.targetRows === null ? '' : ` with about ${count(plan.targetRows)} rows`}`
    : 'does not exist yet'
  return [
    `Reads ${size.join(', ')}.`,
    `Mode ${plan.mode}${plan.keys.length > 0 ? ` by ${plan.keys.map((key) => printable(key)).join(', ')}` : ''}; the destination ${there}.`,
    ...(plan.after === null ? [] : [`Goes on after ${printable([plan.after.cursor, ...plan.after.keys].join(', '))}.`]),
    ...(plan.interrupted === null
      ? []
      : [
          plan.interrupted.status === 'published'
            ? 'An earlier copy had published its rows and was cut off; its closing steps are done first.'
            : `An earlier copy was cut off; ${count(plan.interrupted.finishedChunks)} of its chunks are there and may be resumed.`,
        ]),
  ]
}

function describeChange(change: SchemaChange): string {
  if (change.kind === 'create-table') return change.ddl
  if (change.kind === 'add-column') return `add column ${change.column} ${change.type}`
  return `widen column ${change.column} from ${change.from} to ${change.to}`
}

function section(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return ''
  return `\n  ${title}:\n${lines.map((line) => indent(indent(printable(line, { lines: true })))).join('\n')}\n`
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}
