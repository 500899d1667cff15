import { Outlet } from '@tanstack/react-router'

export function GroupLayout() {
  return <Outlet />
}
