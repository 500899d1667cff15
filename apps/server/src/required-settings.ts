import { type PlatformSettings, platformSettings, requireSettings } from '@millrace/core'
import { isLoopback } from './known-hosts.ts'

type Name = keyof PlatformSettings & keyof typeof platformSettings

/**
 * What a deployment of the server needs, with what belongs to the settings that are there: half of it would be found by the
 * first user who meets the other half.
 *
 * @throws ConfigError SETTING_MISSING, which names all.
 */
export function requiredSettings(settings: PlatformSettings) {
  const { secretsUrl, secretsPublicKeyPath, oidcIssuer, host, keycloakUrl } = settings
  const names: Name[] = []
  if (secretsUrl !== null || secretsPublicKeyPath !== null) {
    names.push('secretsUrl', 'secretsPublicKeyPath', 'encryptionKeyPath', 'secretsTokenKeyPath')
  }
  if (oidcIssuer !== null && !isLoopback(host)) names.push('publicUrl')
  if (keycloakUrl !== null) names.push('keycloakClientId', 'keycloakClientSecret')
  return requireSettings(platformSettings, settings, ['databaseUrl', 'adminToken', ...names] as const, {
    who: 'The server',
    next: 'docs/settings.md has all settings. To try Millrace out, "millrace dev" needs none.',
  })
}
