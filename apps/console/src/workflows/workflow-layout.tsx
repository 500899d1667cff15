import { Outlet } from '@tanstack/react-router'

export function WorkflowLayout() {
  return <Outlet />
}
