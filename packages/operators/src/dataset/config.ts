import { comparisons, environments, type PartitionFilter, pipelineStates } from '@millrace/pipelines'

/** Where a dataset is. */
export type DatasetAddress = {
  readonly store: string
  readonly environment?: string
  readonly bucketPrefix?: string
  readonly branch?: string
  readonly client: string
  readonly brand: string
  readonly state: string
  readonly dataset: string
}

export type DatasetInput = {
  readonly dataset?: string
  readonly state?: string
  readonly client?: string
  readonly brand?: string
  readonly filters?: readonly PartitionFilter[]
  readonly columns?: readonly string[]
  readonly connection?: string
  readonly sql?: string
}

export type DatasetConfig = DatasetAddress & {
  readonly inputs: Readonly<Record<string, DatasetInput>>
  readonly sql?: string
  readonly partitionBy?: readonly string[]
}

const state = {
  type: 'string',
  enum: [...pipelineStates],
  title: 'State',
  description: 'State of the dataset.',
}

/** Of the operator and the sensor. */
export const addressProperties = {
  store: {
    type: 'string',
    minLength: 1,
    title: 'Store',
    description: 'Connection of the object store or folder in which datasets are.',
    'x-connection': true,
  },
  environment: {
    type: 'string',
    enum: [...environments],
    title: 'Environment',
    description: 'Whose bucket is used. Default: what `MILLRACE_ENVIRONMENT` or `ENVIRONMENT` says, else `dev`.',
  },
  bucketPrefix: {
    type: 'string',
    minLength: 1,
    title: 'Prefix of buckets',
    description:
      'Buckets are named by it, a dash and the environment, where the connection names none. Default: what `MILLRACE_BUCKET_PREFIX` says, else `millrace`.',
  },
  branch: {
    type: 'string',
    minLength: 1,
    title: 'Branch',
    description:
      'Datasets of branches stand beside each other. Default: what `MILLRACE_BRANCH_NAME` says, else the git branch in dev, else the environment.',
  },
  client: { type: 'string', minLength: 1, title: 'Client' },
  brand: { type: 'string', minLength: 1, title: 'Brand' },
  state,
  dataset: { type: 'string', minLength: 1, title: 'Dataset' },
}

export const filtersSchema = {
  type: 'array',
  title: 'Filters',
  description:
    'All of them have to hold. Only the files of the partitions that are wanted are read. Default: everything.',
  items: {
    type: 'object',
    properties: {
      partition: {
        type: 'string',
        minLength: 1,
        title: 'Partition',
        description: '`__metadata_run_id`, or a column that the dataset is partitioned by.',
      },
      comparison: { type: 'string', enum: [...comparisons], default: '==', title: 'Comparison' },
      values: {
        type: 'array',
        minItems: 1,
        items: { type: ['string', 'number', 'boolean', 'null'] },
        title: 'Values',
        description: '`==` and `!=` take several; comparisons by order take one.',
      },
    },
    required: ['partition', 'values'],
    additionalProperties: false,
  },
}

export const datasetConfigSchema = {
  type: 'object',
  properties: {
    ...addressProperties,
    inputs: {
      type: 'object',
      title: 'Inputs',
      description:
        'Tables of the SQL by their names. Each is a published dataset, by default of the same client and brand, or the result of a query on a connection.',
      minProperties: 1,
      propertyNames: { pattern: '^[A-Za-z][A-Za-z0-9_]*$' },
      additionalProperties: {
        type: 'object',
        properties: {
          dataset: { type: 'string', minLength: 1, title: 'Dataset' },
          state,
          client: { type: 'string', minLength: 1, title: 'Client' },
          brand: { type: 'string', minLength: 1, title: 'Brand' },
          filters: filtersSchema,
          columns: { type: 'array', items: { type: 'string' }, minItems: 1, title: 'Columns' },
          connection: { type: 'string', minLength: 1, title: 'Connection', 'x-connection': true },
          sql: { type: 'string', minLength: 1, title: 'Query', 'x-code': 'sql' },
        },
        oneOf: [
          {
            title: 'a dataset',
            required: ['dataset', 'state'],
            not: { anyOf: [{ required: ['connection'] }, { required: ['sql'] }] },
          },
          { title: 'a query on a connection', required: ['connection', 'sql'], not: { required: ['dataset'] } },
        ],
        additionalProperties: false,
      },
    },
    sql: {
      type: 'string',
      minLength: 1,
      title: 'SQL',
      description: 'One query of DuckDB over the inputs. Default: everything of the only input.',
      'x-code': 'sql',
    },
    partitionBy: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      title: 'Partitions',
      description: 'Columns whose values become folders, besides the id of the run.',
    },
  },
  required: ['store', 'client', 'brand', 'state', 'dataset', 'inputs'],
  additionalProperties: false,
}
