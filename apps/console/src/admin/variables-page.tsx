import { VariableList } from '../secrets/index.ts'

export function VariablesPage() {
  return <VariableList place={{ kind: 'platform' }} mayWrite />
}
