import { z } from '@hono/zod-openapi'
import { logicalTypeText } from '@millrace/connectors'
import { withoutNulls } from '@millrace/http'
import { comparisons, type DescribedDataset } from '@millrace/pipelines'
import { isoTime, text, time } from '../common-schemas.ts'
import type { DatasetRow, PublishedRow } from './dataset-store.ts'
import { stateName } from './schemas.ts'

const publishedSchema = z.object({
  run_id: z.string(),
  published_at: time,
  address: z.string().openapi({ example: 's3://lake-dev/main/acme/wonder/master/delays' }),
  rows: z.number(),
  files: z.number(),
  bytes: z.number(),
  partitions: z.number().openapi({ description: 'Folders of files that were written.' }),
})

const datasetFields = {
  transformation_id: z.string(),
  template: z.string(),
  state: stateName,
  dataset: z.string().openapi({ description: 'Its name, which can hold a template that a run fills in.' }),
  store: z.string().openapi({ description: 'Name of the connection that it is published by.' }),
  partition_by: z.array(z.string()).openapi({ description: 'Besides the id of the run.' }),
  published: publishedSchema.optional().openapi({
    description: 'By the last of the newest hundred runs that published it, where the caller may see runs.',
  }),
}

export const datasetSchema = z.object(datasetFields).openapi('PipelineDataset')

export const storedDatasetSchema = z
  .object({
    columns: z.array(
      z.object({
        name: z.string(),
        type: z.string().openapi({ description: 'The same for all systems.', example: 'decimal(10,2)' }),
        nullable: z.boolean(),
        partition: z.boolean(),
        comparisons: z
          .array(z.enum(comparisons))
          .openapi({ description: 'What its values can be filtered by; none for lists and documents.' }),
      }),
    ),
    runs: z
      .array(
        z.object({ run_id: z.string(), published_at: time, rows: z.number(), files: z.number(), bytes: z.number() }),
      )
      .openapi({ description: 'Those whose data are stored, the newest hundred.' }),
    more_runs: z.int().openapi({ description: 'Older ones, which are not in the list.' }),
  })
  .openapi('StoredDataset')

export const datasetRowsSchema = z
  .object({
    columns: z.array(z.object({ name: z.string(), type: z.string(), nullable: z.boolean() })),
    rows: z.array(z.array(z.string().nullable())),
    cut: z.boolean().openapi({ description: 'There are more rows.' }),
    searched: z
      .object({ rows: z.number(), runs: z.number() })
      .openapi({ description: 'What the rows were looked for in, the newest runs first.' }),
    wanted: z
      .object({ rows: z.number(), runs: z.number() })
      .openapi({ description: 'What the filters on partitions leave, before those on other columns.' }),
  })
  .openapi('DatasetRows')

const filter = z.strictObject({
  column: text(500).min(1),
  comparison: z.enum(comparisons).default('=='),
  values: z
    .array(z.union([text(1000), z.number(), z.boolean(), z.null()]))
    .min(1)
    .max(1000),
})

/** `filters` of a query, which is JSON. */
export const filtersText = text(20_000)
  .default('[]')
  .transform((given, context) => {
    const parsed = z.array(filter).max(50).safeParse(jsonOf(given))
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    context.addIssue({
      code: 'custom',
      message: `has to be a JSON array of filters such as {"column":"country","comparison":"==","values":["DE"]}${issue === undefined ? '' : `: ${[...issue.path, issue.message].join(': ')}`}`,
    })
    return z.NEVER
  })
  .openapi({
    type: 'string',
    description:
      'JSON: an array of `{ column, comparison, values }`, all of which have to hold. `==` holds for any of the values and `!=` for none of them; the others compare numbers and times with one value. Those on partitions leave whole files out.',
    example: '[{"column":"country","comparison":"==","values":["DE","FR"]}]',
  })

function jsonOf(given: string): unknown {
  try {
    return JSON.parse(given)
  } catch {
    return undefined
  }
}

export function presentDataset(row: DatasetRow, published: PublishedRow | undefined): z.input<typeof datasetSchema> {
  const { transformationId, template, state, dataset, store, partitionBy } = row
  const { address, rows, files, bytes, partitions } = published ?? {}
  return withoutNulls({
    ...{ transformation_id: transformationId, template, state, dataset },
    store: published?.store ?? store,
    partition_by: [...partitionBy],
    published:
      published === undefined
        ? null
        : {
            ...{ run_id: `${published.runId}`, published_at: isoTime(published.publishedAt) },
            ...{ address, rows, files, bytes, partitions },
          },
  }) as z.input<typeof datasetSchema>
}

const unordered = ['text', 'uuid', 'enum', 'boolean']
const comparable = [...unordered, 'integer', 'decimal', 'float', 'date', 'timestamp']

export function presentStored({
  columns,
  partitions,
  runs,
  moreRuns,
}: DescribedDataset): z.input<typeof storedDatasetSchema> {
  return {
    columns: columns.map(({ name, type, nullable }) => ({
      ...{ name, type: logicalTypeText(type), nullable },
      partition: partitions.some((one) => one.name === name),
      comparisons: comparable.includes(type.kind)
        ? comparisons.filter((one) => one === '==' || one === '!=' || !unordered.includes(type.kind))
        : [],
    })),
    runs: runs.map(({ runId, publishedAt, rows, files, bytes }) => ({
      ...{ run_id: runId, published_at: publishedAt, rows, files, bytes },
    })),
    more_runs: moreRuns,
  }
}
