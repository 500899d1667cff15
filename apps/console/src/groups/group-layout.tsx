import { useQuery } from '@tanstack/react-query'
import { type LinkProps, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiError } from '../api/index.ts'
import { NewProjectButton } from '../projects/index.ts'
import { Loaded, NotFound, Page, RouteTabs } from '../ui/index.ts'
import { GroupContext, groupQuery, useGroup, useGroupPermissions } from './use-group.ts'
import { useShared } from './use-shared.ts'

/** The head of the page of a group, with the part that is open below it. */
export function GroupLayout() {
  const { group: slug } = useParams({ from: '/shell/groups/$group' })
  const group = useQuery(groupQuery(slug))
  const navigate = useNavigate()
  const current = group.data?.slug
  useEffect(() => {
    // By a slug that it had before; the address becomes the one that it has now.
    if (current === undefined || current === slug) return
    const params = (before: object) => ({ ...before, group: current })
    void navigate({ to: '.', params, search: true, replace: true } as never)
  }, [current, slug, navigate])
  if (group.data === undefined && group.error instanceof ApiError && group.error.status === 404) return <NotFound />
  return (
    <Loaded query={group}>
      {(found) => (
        <GroupContext value={found}>
          <GroupFrame />
        </GroupContext>
      )}
    </Loaded>
  )
}

function GroupFrame() {
  const { name, slug, description } = useGroup()
  const may = useGroupPermissions()
  const shared = useShared()
  const tab = (label: string, to: LinkProps['to']) => ({ label, link: { to, params: { group: slug } } as LinkProps })
  return (
    <Page
      title={name}
      above={[{ label: 'Groups', link: { to: '/groups' } }]}
      about={description}
      actions={may.write && <NewProjectButton namespace={slug} />}
    >
      <RouteTabs
        label="Parts of the group"
        tabs={[
          { ...tab('Projects', '/groups/$group'), exact: true },
          tab('Members', '/groups/$group/members'),
          ...(shared.connections === undefined ? [] : [tab('Connections', '/groups/$group/connections')]),
          ...(may.delete ? [tab('Audit', '/groups/$group/audit'), tab('Settings', '/groups/$group/settings')] : []),
        ]}
      />
      <Outlet />
    </Page>
  )
}
