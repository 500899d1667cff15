import type { ConnectionOptions } from 'node:tls'
import type { ConfigValues } from '../kit/config-schema.ts'
import { readConfigFile } from '../kit/read-config-file.ts'

/** The connections to try, in order, as libpq does for each `sslmode`; false is one without TLS. */
export function tlsAttempts(config: ConfigValues): readonly (ConnectionOptions | false)[] {
  const mode = String(config.sslmode ?? 'prefer')
  if (mode === 'disable' || String(config.host ?? '').startsWith('/')) return [false]
  const tls = tlsOptions(config, mode)
  if (mode === 'allow') return [false, tls]
  return mode === 'prefer' ? [tls, false] : [tls]
}

function tlsOptions(config: ConfigValues, mode: string): ConnectionOptions {
  const file = (name: string) => (config[name] ? readConfigFile(name, String(config[name])) : undefined)
  const [cert, key] = [file('sslcert'), file('sslkey')]
  const root = config.sslrootcert
  const ca = root === 'system' ? undefined : file('sslrootcert')
  // libpq: `require` with a certificate authority checks it, as `verify-ca` does.
  const verify = mode.startsWith('verify') || (mode === 'require' && root !== undefined)
  return {
    rejectUnauthorized: verify,
    ...(ca && verify ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(mode === 'verify-full' || root === 'system' ? {} : { checkServerIdentity: () => undefined }),
  }
}
