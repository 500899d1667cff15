export { TaskSecretList } from './task-secret-list.tsx'
export { VariableList } from './variable-list.tsx'
