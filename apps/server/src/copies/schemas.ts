import { z } from '@hono/zod-openapi'
import { logicalTypeText } from '@millrace/connectors'
import { withoutNulls } from '@millrace/http'
import type { TransferTaskPlan } from '@millrace/operators'
import type { Json } from '@millrace/workflow'
import { runStates } from '@millrace/workflow'
import { isoTime, jsonMap, text, time } from '../common-schemas.ts'
import { ulidText } from '../ids.ts'
import type { WorkflowSummary } from '../workflows/index.ts'
import { copyEtag, copyNameOf } from './compile-copy.ts'

/** With the prefix of its workflow it has to stay within what workflows may be named. */
export const copyName = z
  .string()
  .min(1)
  .max(90)
  .regex(
    /^[a-z0-9][a-z0-9_-]*$/,
    'has to consist of lower-case letters, digits, "_" and "-", and to begin with a letter or digit',
  )
  .openapi({ example: 'orders-to-warehouse' })

export const transferConfig = jsonMap
  .transform((given) => given as { readonly [field: string]: Json })
  .openapi({
    description: 'Of the operator `transfer`, whose JSON Schema is at /api/operators/transfer. Texts are templates.',
    type: 'object',
    example: { from: { connection: 'shop', table: 'public.orders' }, to: { connection: 'lake', table: 'orders' } },
  })

export const planRequestSchema = z.strictObject({
  config: transferConfig,
  timeout_seconds: z.int().min(1).max(120).default(45).openapi({ description: 'How long the databases may take.' }),
})

export const copyRequestSchema = z.strictObject({
  title: text(1000).min(1).nullable().default(null),
  description: text(10_000).min(1).nullable().default(null),
  config: transferConfig,
  schedule: z
    .strictObject({
      cron: text(250)
        .min(1)
        .openapi({ description: 'Five fields, or an alias such as `@daily`.', example: '0 6 * * *' }),
      timezone: text(250).min(1).default('UTC').openapi({ example: 'Europe/Zurich' }),
    })
    .nullable()
    .default(null)
    .openapi({ description: 'Without one it runs when it is asked to.' }),
  paused: z.boolean().optional().openapi({ description: 'Default: as it is; a new one is not paused.' }),
})

export const copySchema = z
  .object({
    name: z.string(),
    workflow: z.string().openapi({ description: 'Its runs, logs, versions and schedule are those of this workflow.' }),
    project_id: ulidText,
    version: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
    config: jsonMap,
    schedule: z.object({ cron: z.string(), timezone: z.string() }).optional(),
    paused: z.boolean(),
    next_tick_at: time.optional(),
    last_run: z.object({ id: z.string(), state: z.enum(runStates), logical_date: time }).optional(),
    created_at: time,
    etag: z.string(),
  })
  .openapi('Copy')

const planProblemSchema = z
  .object({
    code: z.string(),
    message: z.string(),
    path: z.string().openapi({ description: 'Of the configuration, such as `/to/table`; empty: none in particular.' }),
    table: z.string().optional(),
  })
  .openapi('CopyProblem')

const changeSchema = z
  .object({
    kind: z.enum(['create-table', 'add-column', 'widen-column']),
    column: z.string().optional(),
    from: z.string().optional().openapi({ description: 'Type that a widened column has.' }),
    to: z.string().optional().openapi({ description: 'Type that the column gets.' }),
    ddl: z.string().optional().openapi({ description: 'Of a table that is made.' }),
  })
  .openapi('CopyChange')

const tablePlanSchema = z
  .object({
    table: z.string(),
    target: z.string(),
    target_exists: z.boolean(),
    target_rows: z.number().optional().openapi({ description: 'There already, by estimate.' }),
    mode: z.enum(['replace', 'append', 'merge', 'insert-only']),
    keys: z.array(z.string()),
    cursor_after: z
      .object({ cursor: z.string(), keys: z.array(z.string()) })
      .optional()
      .openapi({ description: 'With a cursor: rows beyond this value are read; without one, all.' }),
    columns: z.array(
      z.object({
        name: z.string(),
        source_type: z.string(),
        type: z.string().openapi({ description: 'In between, the same for all systems: `decimal(10,2)`.' }),
        target_type: z.string(),
        nullable: z.boolean(),
      }),
    ),
    changes: z.array(changeSchema).openapi({ description: 'Of the destination, so that the rows fit.' }),
    conflicts: z.array(z.string()).openapi({ description: 'Why this table would be refused.' }),
    discarded: z.array(z.string()).openapi({ description: 'Columns that the contract leaves out.' }),
    missing: z.array(z.string()).openapi({ description: 'Columns of the destination that the source does not have.' }),
    forecast: z
      .array(z.object({ column: z.string(), reason: z.string(), message: z.string() }))
      .openapi({ description: 'Values that may not survive, and what becomes of them.' }),
    wire_format: z.string(),
    chunks: z.int(),
    estimated_rows: z.number().optional(),
    estimated_bytes: z.number().optional(),
    interrupted: z
      .object({ status: z.enum(['loading', 'published']), finished_chunks: z.int() })
      .optional()
      .openapi({ description: 'An earlier copy that was cut off, and is resumed.' }),
  })
  .openapi('CopyTablePlan')

export const copyPlanSchema = z
  .object({
    tables: z.array(tablePlanSchema),
    more_tables: z.int().openapi({ description: 'That match as well, and were not looked at.' }),
    problems: z
      .array(planProblemSchema)
      .openapi({ description: 'Why the copy, or a table of it, would be refused; empty: it would not.' }),
    duration_ms: z.int(),
  })
  .openapi('CopyPlan')

export function presentPlan(
  { tables, moreTables, problems }: TransferTaskPlan,
  durationMs: number,
): z.input<typeof copyPlanSchema> {
  return {
    tables: tables.map((table) =>
      withoutNulls({
        table: table.table,
        target: table.target,
        target_exists: table.targetExists,
        target_rows: table.targetRows,
        mode: table.mode,
        keys: [...table.keys],
        cursor_after: table.after === null ? null : { cursor: table.after.cursor, keys: [...table.after.keys] },
        columns: table.columns.map(({ name, sourceType, type, targetType, nullable }) => ({
          ...{ name, source_type: sourceType, type: logicalTypeText(type), target_type: targetType, nullable },
        })),
        changes: table.changes.map((change) =>
          change.kind === 'add-column' ? { kind: change.kind, column: change.column, to: change.type } : { ...change },
        ),
        conflicts: [...table.conflicts],
        discarded: [...table.discarded],
        missing: [...table.missing],
        forecast: table.forecast.map((loss) => ({ ...loss })),
        wire_format: table.wireFormat,
        chunks: table.chunks,
        estimated_rows: table.estimatedRows,
        estimated_bytes: table.estimatedBytes,
        interrupted:
          table.interrupted === null
            ? null
            : { status: table.interrupted.status, finished_chunks: table.interrupted.finishedChunks },
      }),
    ),
    more_tables: moreTables,
    problems: problems.map((problem) => ({ ...problem })),
    duration_ms: durationMs,
  }
}

export function presentCopy(row: WorkflowSummary): z.input<typeof copySchema> {
  const { manifest } = row
  const [lastRun] = row.runs
  const { schedule } = manifest
  return withoutNulls({
    name: copyNameOf(row.name),
    workflow: row.name,
    project_id: row.project_id ?? '',
    version: row.version,
    title: manifest.title,
    description: manifest.description,
    config: (row.operator?.config ?? {}) as Record<string, unknown>,
    schedule: schedule === null ? null : { cron: schedule.cron, timezone: schedule.timezone },
    paused: row.paused,
    next_tick_at: isoTime(row.next_tick_at),
    last_run:
      lastRun === undefined
        ? null
        : { id: `${lastRun.id}`, state: lastRun.state, logical_date: new Date(lastRun.logical_date).toISOString() },
    created_at: row.created_at.toISOString(),
    etag: copyEtag(row),
  })
}
