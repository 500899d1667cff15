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
export { type ColumnFilter, type SplitFilters, splitFilters } from './datasets/column-filters.ts'
export { type ConstantSources, readConstant } from './datasets/constants.ts'
export {
  type Contract,
  type ContractParts,
  createContract,
  createDatasetContract,
  type DatasetContract,
  nextContract,
  previousContract,
} from './datasets/contract.ts'
export type { DatasetContent, DatasetRow, DatasetValue } from './datasets/dataset-content.ts'
export { type DescribedDataset, type DescribedRun, describeDataset } from './datasets/describe-dataset.ts'
export { checkEnvironment, type Environment, environmentBucket, environments } from './datasets/environments.ts'
export { type ExportViewOptions, exportView } from './datasets/export-view.ts'
export { type Fetched, type FetchOptions, fetchDataset } from './datasets/fetch.ts'
export { type Comparison, comparisons, type PartitionFilter } from './datasets/filters.ts'
export { type ListedDataset, listDatasets } from './datasets/list-datasets.ts'
export type { PartitionType } from './datasets/partition-values.ts'
export {
  differingPartitionValues,
  type FetchDiffOptions,
  fetchDiff,
  type GetDiffOptions,
  getDiff,
  highestPartitionValue,
  partitionValues,
} from './datasets/partitions.ts'
export { type DatasetPlace, type EnvironmentStore, environmentStore } from './datasets/place.ts'
export type { FindRun, PublishOptions } from './datasets/plan-publish.ts'
export { type Published, publishDataset } from './datasets/publish.ts'
export { publishedPlace } from './datasets/published-place.ts'
export {
  type DownloadedFile,
  downloadRawFile,
  latestRawFileName,
  listRawFiles,
  publishRawFile,
  type RawFile,
  type RawPlace,
  rawFile,
} from './datasets/raw-files.ts'
export { publishedRuns, runIdColumn } from './datasets/run-manifest.ts'
export { countDataset } from './datasets/wanted-runs.ts'
export { openWorkDatabase, type WorkDatabase } from './datasets/work-database.ts'
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
  variableTexts,
} from './variables.ts'
export { variablesSchema } from './variables-schema.ts'
