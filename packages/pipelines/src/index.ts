export { type CreateOperator, templateProblems } from './check-template.ts'
export {
  type CompileOptions,
  compilePipeline,
  frequencyProblems,
  pipelineProblems,
  scheduleOf,
} from './compile-pipeline.ts'
export { transformationKey } from './configuration/normalize.ts'
export { type ConfigurationChange, type ConfigurationKind, planConfiguration } from './configuration/plan.ts'
export type { Configuration, ConfiguredTransformation } from './configuration/schema.ts'
export { formatConfiguration, parseConfiguration } from './configuration/yaml.ts'
export { groupsOf, type TransformationGroup } from './groups.ts'
export { jobName, pipelineName, recordName, taskId, variableName } from './names.ts'
export { type Problem, problemsError } from './problem.ts'
export type { PipelineRecord, StateRecord, TemplateRecord, TransformationRecord } from './records.ts'
export { nextState, type PipelineState, pipelineStates, previousState } from './states.ts'
export {
  type Datatype,
  datatypes,
  readVariables,
  type VariableStructures,
  type VariableTexts,
  type VariableValue,
  variableStructuresSchema,
  variableText,
} from './variables.ts'
