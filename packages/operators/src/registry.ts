import { ConfigError, closestName } from '@millrace/core'
import type { Json, JsonSchema, Operator } from '@millrace/workflow'
import { TypescriptOperator, typescriptDefinition } from './code/typescript-operator.ts'
import { BranchOperator, branchDefinition } from './control/branch-operator.ts'
import { EmptyOperator, emptyDefinition } from './control/empty-operator.ts'
import { LinkOperator, linkDefinition } from './control/link-operator.ts'
import { NotifyOperator, notifyDefinition } from './control/notify-operator.ts'
import { RunEventOperator, runEventDefinition } from './control/run-event-operator.ts'
import { DataTestOperator, dataTestDefinition } from './data-test/data-test-operator.ts'
import { DatasetOperator, datasetDefinition } from './dataset/dataset-operator.ts'
import { DatasetSensor, datasetSensorDefinition } from './dataset/dataset-sensor.ts'
import { DbtOperator, dbtDefinition } from './dbt/dbt-operator.ts'
import { configProblems } from './kit/config.ts'
import type { OperatorDefinition } from './kit/definition.ts'
import { namedIn } from './kit/named-in.ts'
import { PythonOperator, pythonDefinition } from './python/python-operator.ts'
import { HttpSensor, httpSensorDefinition } from './sensors/http-sensor.ts'
import { ObjectSensor, objectSensorDefinition } from './sensors/object-sensor.ts'
import { SqlSensor, sqlSensorDefinition } from './sensors/sql-sensor.ts'
import { WorkflowSensor, workflowSensorDefinition } from './sensors/workflow-sensor.ts'
import { SqlOperator, sqlDefinition } from './sql/sql-operator.ts'
import { StreamOperator, streamDefinition } from './stream/stream-operator.ts'
import { TransferOperator, transferDefinition } from './transfer/transfer-operator.ts'

interface Entry {
  readonly definition: OperatorDefinition
  /** Checks its configuration itself. */
  readonly Operator: new (
    config: never,
  ) => Operator
}

const entries: ReadonlyMap<string, Entry> = new Map(
  [
    { definition: transferDefinition, Operator: TransferOperator },
    { definition: streamDefinition, Operator: StreamOperator },
    { definition: sqlDefinition, Operator: SqlOperator },
    { definition: dataTestDefinition, Operator: DataTestOperator },
    { definition: datasetDefinition, Operator: DatasetOperator },
    { definition: typescriptDefinition, Operator: TypescriptOperator },
    { definition: pythonDefinition, Operator: PythonOperator },
    { definition: dbtDefinition, Operator: DbtOperator },
    { definition: notifyDefinition, Operator: NotifyOperator },
    { definition: branchDefinition, Operator: BranchOperator },
    { definition: linkDefinition, Operator: LinkOperator },
    { definition: emptyDefinition, Operator: EmptyOperator },
    { definition: runEventDefinition, Operator: RunEventOperator },
    { definition: sqlSensorDefinition, Operator: SqlSensor },
    { definition: objectSensorDefinition, Operator: ObjectSensor },
    { definition: httpSensorDefinition, Operator: HttpSensor },
    { definition: workflowSensorDefinition, Operator: WorkflowSensor },
    { definition: datasetSensorDefinition, Operator: DatasetSensor },
  ].map((entry) => [entry.definition.name, entry]),
)

/** Names of all operators, in the order of the documentation. */
export function operatorNames(): readonly string[] {
  return [...entries.keys()]
}

export function operatorDefinitions(): readonly OperatorDefinition[] {
  return [...entries.values()].map(({ definition }) => definition)
}

/** JSON Schemas of the configurations, by name. */
export function operatorSchemas(): Readonly<Record<string, JsonSchema>> {
  return Object.fromEntries(operatorDefinitions().map(({ name, configSchema }) => [name, configSchema]))
}

/**
 * The operator of a manifest's node, from its name and configuration alone.
 *
 * @throws ConfigError `OPERATOR_UNKNOWN`, `OPERATOR_INVALID`
 */
export function createOperator(name: string, config: Json): Operator {
  return new (entryOf(name).Operator)(config as never)
}

/**
 * Checks a configuration without running it: against its schema, templates standing for any value, and for connections
 * that do not exist.
 *
 * @throws ConfigError `OPERATOR_UNKNOWN`; `OPERATOR_INVALID` and `CONNECTION_UNKNOWN` with every problem and its path
 */
export function validateOperator(
  name: string,
  config: Json,
  { connections }: { readonly connections?: Iterable<string> } = {},
): void {
  const { definition, Operator } = entryOf(name)
  const problems = configProblems(definition, config)
  if (problems.length === 0) new Operator(config as never)
  const known = connections === undefined ? null : [...connections]
  const missing = namedIn(definition.configSchema, config, 'x-connection').filter(
    (named) => known !== null && !known.includes(named.name) && !/\{\{|\{%/.test(named.name),
  )
  const lost = missing.map(({ path, name: connection }) => {
    const nearest = closestName(connection, known ?? [])
    return `"${path}" names the connection "${connection}", which does not exist.${nearest ? ` Did you mean "${nearest}"?` : ''}`
  })
  if (problems.length + lost.length === 0) return
  throw new ConfigError(problems.length > 0 ? 'OPERATOR_INVALID' : 'CONNECTION_UNKNOWN', {
    message: `The configuration of the operator "${name}" is not valid: ${[...problems, ...lost].join(' ')}`,
    details: { operator: name, problems: [...problems, ...lost], paths: missing.map(({ path }) => path) },
  })
}

function entryOf(name: string): Entry {
  const entry = entries.get(name)
  if (entry !== undefined) return entry
  const nearest = closestName(name, entries.keys())
  throw new ConfigError('OPERATOR_UNKNOWN', {
    message: `There is no operator "${name}".${nearest ? ` Did you mean "${nearest}"?` : ''} Known are: ${operatorNames().join(', ')}.`,
    details: { name, known: operatorNames() },
  })
}
