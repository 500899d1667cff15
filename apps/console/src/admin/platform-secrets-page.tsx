import { TaskSecretList } from '../secrets/index.ts'

export function PlatformSecretsPage() {
  return <TaskSecretList place={{ kind: 'platform' }} mayWrite />
}
