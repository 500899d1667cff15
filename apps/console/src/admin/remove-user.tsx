import { api, invalidate, type Schema } from '../api/index.ts'
import { RemoveButton } from '../ui/index.ts'
import { userName } from './user-name.ts'

interface RemoveUserProps {
  readonly user: Schema<'User'>
  readonly onRemoved?: () => Promise<unknown>
}

export function RemoveUser({ user, onRemoved }: RemoveUserProps) {
  return (
    <RemoveButton
      title={`Remove ${userName(user)}`}
      text={`Everything in the namespace ${user.username} is removed with the person: projects, connections, secrets and tokens. This cannot be taken back. Who may still sign in at the sign-in service comes back as a new person with nothing.`}
      onRemove={async () => {
        await api.delete('/api/data/users/{user_id}', { params: { path: { user_id: user.id } } })
        await onRemoved?.()
        await invalidate('/api/data/users')
      }}
    />
  )
}
