export { type TypescriptConfig, TypescriptOperator } from './code/typescript-operator.ts'
export { type BranchConfig, BranchOperator } from './control/branch-operator.ts'
export { EmptyOperator } from './control/empty-operator.ts'
export { type LinkConfig, LinkOperator } from './control/link-operator.ts'
export { type NotifyConfig, NotifyOperator } from './control/notify-operator.ts'
export { type RunEventConfig, RunEventOperator } from './control/run-event-operator.ts'
export type { DataCheck, DataTestConfig } from './data-test/config.ts'
export { DataTestOperator } from './data-test/data-test-operator.ts'
export type { DatasetAddress, DatasetConfig, DatasetInput } from './dataset/config.ts'
export { DatasetOperator } from './dataset/dataset-operator.ts'
export { DatasetSensor, type DatasetSensorConfig } from './dataset/dataset-sensor.ts'
export type { DbtConfig } from './dbt/config.ts'
export { DbtOperator } from './dbt/dbt-operator.ts'
export { DefinedOperator, type OperatorDefinition } from './kit/definition.ts'
export { type OpenConnectionOptions, openConnection } from './kit/open-connection.ts'
export { type PythonConfig, PythonOperator } from './python/python-operator.ts'
export {
  createOperator,
  operatorDefinitions,
  operatorNames,
  operatorSchemas,
  validateOperator,
} from './registry.ts'
export { HttpSensor, type HttpSensorConfig } from './sensors/http-sensor.ts'
export { ObjectSensor, type ObjectSensorConfig } from './sensors/object-sensor.ts'
export { type Look, Sensor, type WaitConfig, waitProperties } from './sensors/sensor.ts'
export { SqlSensor, type SqlSensorConfig } from './sensors/sql-sensor.ts'
export { WorkflowSensor, type WorkflowSensorConfig } from './sensors/workflow-sensor.ts'
export { type SqlConfig, SqlOperator } from './sql/sql-operator.ts'
export { type StreamConfig, StreamOperator } from './stream/stream-operator.ts'
export type { TransferConfig } from './transfer/config.ts'
export {
  type PlanProblem,
  type PlanTransferOptions,
  planTransferConfig,
  type TransferTaskPlan,
  transferProblems,
} from './transfer/plan-transfer.ts'
export { TransferOperator } from './transfer/transfer-operator.ts'
