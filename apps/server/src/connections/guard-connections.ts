import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction, Socket, type TcpNetConnectOpts } from 'node:net'
import type { PlatformSettings } from '@millrace/core'
import { outboundRules } from '../outbound-addresses.ts'

export interface ConnectionGuard {
  /** The first connection that was refused. */
  readonly refusal: Error | undefined
  /** Looks a host up; from then on its addresses may be connected to as well. @throws as `OutboundRules.addressesOf` */
  admit(host: string): Promise<void>
}

type Connect = (this: Socket, ...args: unknown[]) => Socket

/**
 * From here on this process connects only to machines that users may have the server reach, whatever driver does it, and
 * wherever servers lead it to: names are looked up by the rules, and nothing else is connected to. No socket of this machine is.
 */
export function guardConnections(settings: Pick<PlatformSettings, 'allowedAddresses'>): ConnectionGuard {
  const rules = outboundRules(settings)
  const admitted = new Set<string>()
  let refusal: Error | undefined
  const addressesOf = async (host: string): Promise<readonly LookupAddress[]> => {
    try {
      return await rules.addressesOf(host)
    } catch (error) {
      refusal ??= error as Error
      throw error
    }
  }
  const lookup: LookupFunction = (host, options, done) => {
    addressesOf(host).then(
      (addresses) => {
        const [first] = addresses
        if (options.all) done(null, [...addresses])
        else if (first) done(null, first.address, first.family)
      },
      (error) => done(error, ''),
    )
  }

  const connect = Socket.prototype.connect as Connect
  const guarded: Connect = function (this: Socket, ...args) {
    const options = optionsOf(args)
    if (options === null) {
      refusal ??= new Error('A socket of the machine that the server runs on was refused. Give a host.')
      return this.destroy(refusal)
    }
    options.lookup = lookup
    const { host = 'localhost' } = options
    if (isIP(host) !== 0 && !admitted.has(host) && !rules.mayReach(host)) {
      // Says what is wrong in the words of the rules.
      addressesOf(host).catch((error) => this.destroy(error))
      return this
    }
    return connect.apply(this, args)
  }
  Socket.prototype.connect = guarded as typeof Socket.prototype.connect

  return {
    get refusal() {
      return refusal
    },
    async admit(host) {
      if (host.startsWith('/'))
        throw new Error('A socket of the machine that the server runs on was refused. Give a host.')
      for (const { address } of await addressesOf(host)) admitted.add(address)
    },
  }
}

/**
 * What is connected to, as the object that Node.js is going to read, so that a change of it counts; null for a local socket. The
 * arguments come as people write them, or as Node.js passes them on to itself: as one array with the object in front.
 */
function optionsOf(args: unknown[]): TcpNetConnectOpts | null {
  const [first] = args
  const given: unknown = Array.isArray(first) ? first[0] : first
  if (typeof given === 'object' && given !== null) {
    return 'path' in given && given.path ? null : (given as TcpNetConnectOpts)
  }
  if (typeof given === 'string' && !/^\d+$/.test(given)) return null
  const host = typeof args[1] === 'string' ? args[1] : undefined
  const options = { port: Number(given), ...(host === undefined ? {} : { host }) }
  args.splice(0, host === undefined ? 1 : 2, options)
  return options
}
