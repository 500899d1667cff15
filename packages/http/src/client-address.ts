import { BlockList, isIP, isIPv6 } from 'node:net'
import { ConfigError } from '@millrace/core'

const peers = new WeakMap<Request, string>()

/** Notes the other end of the connection that a request came over. */
export function notePeer(request: Request, address: string | undefined): void {
  if (address !== undefined) peers.set(request, address)
}

/**
 * A function that tells the address of the client of a request; empty when the request came over no connection. What
 * proxies say in `X-Forwarded-For` is believed as far back as they are trusted.
 *
 * @param trusted Addresses and networks such as `10.0.0.0/8`.
 * @throws ConfigError PROXY_INVALID for what is neither.
 */
export function clientAddresses(trusted: readonly string[]): (request: Request) => string {
  const proxies = new BlockList()
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    const bits = prefix === undefined ? undefined : Number(prefix)
    const isPrefix =
      bits === undefined || (Number.isInteger(bits) && bits >= 0 && bits <= (family === 'ipv6' ? 128 : 32))
    if (isIP(address) === 0 || !isPrefix) {
      throw new ConfigError('PROXY_INVALID', {
        message: `"${entry}" is no address or network of a proxy. Write it as 10.0.0.1 or 10.0.0.0/8.`,
      })
    }
    if (bits === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, bits, family)
  }
  const isTrusted = (address: string) => proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')

  return (request) => {
    let address = plain(peers.get(request) ?? '')
    if (address === '' || !isTrusted(address)) return address
    const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').map((hop) => plain(hop.trim()))
    for (const hop of hops.reverse()) {
      if (isIP(hop) === 0) break
      address = hop
      if (!isTrusted(hop)) break
    }
    return address
  }
}

/** Sockets that take both families write IPv4 addresses as IPv6 ones. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
