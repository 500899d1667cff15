export { type WorkflowAccess, type WorkflowPermission, workflowAccess } from './workflow-access.ts'
