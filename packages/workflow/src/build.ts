export { type BuiltPackage, buildPackage } from './build/build-package.ts'
export {
  type BuildProblem,
  type CollectedWorkflow,
  type Collection,
  collectWorkflows,
} from './build/collect-workflows.ts'
export { type InstallOptions, installPackage } from './build/install-package.ts'
export { removeUnusedInstalls } from './build/remove-unused-installs.ts'
export { type AirflowOptions, airflowTarget } from './targets/airflow/airflow-target.ts'
export { taskExitCodes } from './targets/airflow/exit-codes.ts'
export { notebookDockerfile } from './targets/notebook/notebook-dockerfile.ts'
export { type NotebookOptions, notebookTarget } from './targets/notebook/notebook-target.ts'
export type { Target, TargetFile, Translation } from './targets/target.ts'
