import type { PlatformSettings } from '@millrace/core'

/** Names of this machine for itself. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname)
}

/**
 * Whether requests may name a host. A server for this machine only is called by its names only: a page on the internet
 * could have its own name lead here, and would be taken for a page of the server by browsers.
 */
export function knownHosts(
  listensOn: string,
  { publicUrl }: Pick<PlatformSettings, 'publicUrl'>,
): (hostname: string) => boolean {
  if (!isLoopback(listensOn)) return () => true
  const own = publicUrl === null ? null : new URL(publicUrl).hostname
  return (hostname) => isLoopback(hostname) || hostname === own
}
