import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery, useUser } from '../api/index.ts'

interface NewProjectButtonProps {
  /** That it is to be in; one can choose another one there. */
  readonly namespace?: string
}

/** Only for those who may create projects on this platform. */
export function NewProjectButton({ namespace }: NewProjectButtonProps) {
  const { is_admin } = useUser()
  const config = useQuery({ ...apiQuery('/api/data/platform/authorization_config'), staleTime: 60_000 })
  if (!is_admin && config.data?.create_projects !== 'registered_users') return null
  return (
    <Button
      renderRoot={(props) => (
        <Link {...props} to="/projects/new" search={namespace === undefined ? {} : { namespace }} />
      )}
    >
      New project
    </Button>
  )
}
