export { DeployHelp } from './deploy-help.tsx'
export { RecentRuns } from './recent-runs.tsx'
export { WorkflowTable } from './workflow-table.tsx'
