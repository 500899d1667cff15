import type { LinkProps } from '@tanstack/react-router'

interface AdminTab {
  readonly label: string
  readonly link: LinkProps & { readonly to: string }
  readonly exact?: boolean
}

export const adminTabs: readonly AdminTab[] = [
  { label: 'Health', link: { to: '/admin' }, exact: true },
  { label: 'Workers', link: { to: '/admin/workers' } },
  { label: 'Queues and pools', link: { to: '/admin/queues' } },
  { label: 'Jobs', link: { to: '/admin/jobs' } },
  { label: 'Users', link: { to: '/admin/users' } },
  { label: 'Tokens', link: { to: '/admin/tokens' } },
  { label: 'Compute', link: { to: '/admin/compute' } },
  { label: 'Services', link: { to: '/admin/services' } },
  { label: 'Platform', link: { to: '/admin/platform' } },
  { label: 'Variables', link: { to: '/admin/variables' } },
  { label: 'Secrets', link: { to: '/admin/secrets' } },
  { label: 'Audit', link: { to: '/admin/audit' } },
]
