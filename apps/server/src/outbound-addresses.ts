import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { BlockList, isIP, isIPv4 } from 'node:net'
import { ConfigError, type PlatformSettings, TransientError } from '@millrace/core'
import { type HttpError, invalid } from '@millrace/http'

/** Every address of a host. */
export type ResolveHost = (host: string) => Promise<readonly LookupAddress[]>

const resolveBySystem: ResolveHost = async (host) => await lookup(host, { all: true })

/** What an IPv4 address must not be, after the registry of special purposes. */
const refusedIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // A cloud provider's service for its machines, at an address that looks public.
  '168.63.129.16/32',
]

/** Of IPv6 only what is routed publicly is good, so no `::ffff:127.0.0.1` either, and of that not what carries another address inside. */
const publicIpv6 = '2000::/3'
const refusedIpv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const refused = blockList([...refusedIpv4, ...refusedIpv6])
const routed = blockList([publicIpv6])

export interface OutboundRules {
  /** The addresses of a host, all of which may be connected to. @throws HttpError OUTBOUND_REFUSED, TransientError OUTBOUND_FAILED */
  addressesOf(host: string): Promise<readonly LookupAddress[]>
  /** Whether an address by itself may be connected to. */
  mayReach(address: string): boolean
}

/**
 * Which machines requests to addresses from users may reach: public ones, and those that MILLRACE_ALLOWED_ADDRESSES names.
 * `resolve` is for tests.
 *
 * @throws ConfigError SETTING_INVALID
 */
export function outboundRules(
  { allowedAddresses }: Pick<PlatformSettings, 'allowedAddresses'>,
  resolve: ResolveHost = resolveBySystem,
): OutboundRules {
  const entries = (allowedAddresses ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
  const allowsAll = entries.includes('*')
  const isRange = (entry: string) => isIP(entry.split('/')[0] ?? '') !== 0
  const allowedHosts = new Set(entries.filter((entry) => !isRange(entry)).map(checkHostName))
  const allowed = blockList(entries.filter(isRange))
  const mayReach = (address: string) => allowsAll || inList(allowed, address) || isPublic(address)

  return {
    mayReach: (address) => allowedHosts.has(address) || mayReach(address),
    async addressesOf(host) {
      const name = host
        .replace(/^\[|\]$/g, '')
        .replace(/\.$/, '')
        .toLowerCase()
      const family = isIP(name)
      const addresses = family === 0 ? await resolved(resolve, name) : [{ address: name, family }]
      if (allowedHosts.has(name) || addresses.every(({ address }) => mayReach(address))) return addresses
      throw invalid(
        'OUTBOUND_REFUSED',
        `The address of "${host}" is not a public one, and requests to it are refused. Whoever operates the platform can allow it by MILLRACE_ALLOWED_ADDRESSES.`,
      )
    },
  }
}

async function resolved(resolve: ResolveHost, name: string): Promise<readonly LookupAddress[]> {
  try {
    // A zone, as in fe80::1%eth0, never belongs to a public address.
    const addresses = (await resolve(name)).filter(({ address }) => isIP(address) !== 0)
    if (addresses.length > 0) return addresses
  } catch (cause) {
    throw unknownHost(name, cause)
  }
  throw unknownHost(name, undefined)
}

function unknownHost(name: string, cause: unknown): HttpError | TransientError {
  if ((cause as NodeJS.ErrnoException | undefined)?.code === 'EAI_AGAIN')
    return new TransientError('OUTBOUND_FAILED', {
      message: `The name "${name}" could not be looked up. Try again.`,
      cause,
    })
  return invalid('OUTBOUND_HOST_UNKNOWN', `There is no host "${name}". Check the address.`)
}

function isPublic(address: string): boolean {
  if (isIPv4(address)) return !refused.check(address, 'ipv4')
  return routed.check(address, 'ipv6') && !refused.check(address, 'ipv6')
}

function inList(list: BlockList, address: string): boolean {
  return list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    const bits = family === 'ipv4' ? 32 : 128
    const length = prefix === undefined ? bits : Number(prefix)
    if (!Number.isInteger(length) || length < 0 || length > bits || prefix === '') throw badEntry(range)
    list.addSubnet(address, length, family)
  }
  return list
}

function checkHostName(entry: string): string {
  if (/^(?!\.)[a-z0-9_.-]{1,253}$/.test(entry) || entry === '*') return entry
  throw badEntry(entry)
}

function badEntry(entry: string): ConfigError {
  return new ConfigError('SETTING_INVALID', {
    message: `MILLRACE_ALLOWED_ADDRESSES holds "${entry}", which is neither a range such as 10.0.0.0/8, nor a host name, nor "*".`,
  })
}
