import { useDocumentTitle } from '@mantine/hooks'
import { Outlet, useLocation } from '@tanstack/react-router'
import { useUser } from '../api/index.ts'
import { NotFound, Page, RouteTabs } from '../ui/index.ts'
import { adminTabs } from './tabs.ts'

/** The frame of the pages for administrators; for others there is nothing here. */
export function AdminLayout() {
  const { is_admin } = useUser()
  return is_admin ? <Frame /> : <NotFound />
}

function Frame() {
  const { pathname } = useLocation()
  const open = adminTabs.findLast(({ link }) => `${pathname}/`.startsWith(`${link.to}/`))
  return (
    <Page title="Administration">
      <TabTitle title={`${open?.label ?? 'Health'} · Administration · Millrace`} />
      <RouteTabs label="Parts of the administration" tabs={adminTabs} />
      <Outlet />
    </Page>
  )
}

/** Tells tabs of the browser apart. Below the page, whose own title would else stand last. */
function TabTitle({ title }: { readonly title: string }) {
  useDocumentTitle(title)
  return null
}
