import { usePermissions, useProject } from '../projects/index.ts'
import { VariableList } from './variable-list.tsx'

export function ProjectVariablesPage() {
  const { id } = useProject()
  return <VariableList place={{ kind: 'project', id }} mayWrite={usePermissions().write} />
}
