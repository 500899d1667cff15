import { UserName } from '../ui/index.ts'

/** Who deployed a version. */
export function DeployerName({ id }: { readonly id: string | undefined }) {
  return id === undefined ? 'the platform' : <UserName id={id} />
}
