export { type TypescriptConfig, TypescriptOperator, typescriptConfigSchema } from './code/typescript-operator.ts'
export { type BranchConfig, BranchOperator, branchConfigSchema } from './control/branch-operator.ts'
export { EmptyOperator, emptyConfigSchema } from './control/empty-operator.ts'
export { type LinkConfig, LinkOperator, linkConfigSchema } from './control/link-operator.ts'
export { type NotifyConfig, NotifyOperator, notifyConfigSchema } from './control/notify-operator.ts'
export { type DataCheck, type DataTestConfig, dataTestConfigSchema } from './data-test/config.ts'
export { DataTestOperator } from './data-test/data-test-operator.ts'
export { type DbtConfig, dbtConfigSchema } from './dbt/config.ts'
export { DbtOperator } from './dbt/dbt-operator.ts'
export { DefinedOperator, type OperatorDefinition } from './kit/definition.ts'
export { type OpenConnectionOptions, openConnection } from './kit/open-connection.ts'
export { type PythonConfig, PythonOperator, pythonConfigSchema } from './python/python-operator.ts'
export {
  createOperator,
  operatorDefinitions,
  operatorNames,
  operatorSchemas,
  validateOperator,
} from './registry.ts'
export { HttpSensor, type HttpSensorConfig, httpSensorConfigSchema } from './sensors/http-sensor.ts'
export { ObjectSensor, type ObjectSensorConfig, objectSensorConfigSchema } from './sensors/object-sensor.ts'
export { type Look, Sensor, type WaitConfig, waitProperties } from './sensors/sensor.ts'
export { SqlSensor, type SqlSensorConfig, sqlSensorConfigSchema } from './sensors/sql-sensor.ts'
export { WorkflowSensor, type WorkflowSensorConfig, workflowSensorConfigSchema } from './sensors/workflow-sensor.ts'
export { type SqlConfig, SqlOperator, sqlConfigSchema } from './sql/sql-operator.ts'
export { type StreamConfig, StreamOperator, streamConfigSchema } from './stream/stream-operator.ts'
export { type TransferConfig, transferConfigSchema } from './transfer/config.ts'
export { TransferOperator } from './transfer/transfer-operator.ts'
