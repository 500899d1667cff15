import { ConfigError, closestName, DataError } from '@millrace/core'
import type { SecretReader } from './secret-store.ts'

/** Fields of each type of credential, as they stand in its JSON: text, or a whole number. */
const fieldsByType = {
  ftp: { user: 'text', password: 'text', host: 'text', method: 'text', port: 'number', mode: 'text' },
  database: {
    ...{ user: 'text', password: 'text', rdbms: 'text', schema: 'text', role: 'text' },
    ...{ host: 'text', database: 'text', port: 'number' },
  },
  email: { address: 'text', password: 'text', host: 'text', port: 'number' },
  s3: {
    ...{ bucket: 'text', access_key_id: 'text', secret_access_key: 'text', session_token: 'text' },
    ...{ region: 'text', endpoint: 'text' },
  },
} as const

export type CredentialType = keyof typeof fieldsByType

const needed: Readonly<Record<CredentialType, readonly string[]>> = {
  ftp: ['user', 'password', 'host'],
  database: ['user', 'password', 'host', 'database'],
  email: ['address', 'password', 'host'],
  s3: ['bucket'],
}

/** In JSON the field is `mode`, which is also the mode of the credential itself. */
type Exposed<Field> = Field extends 'mode' ? 'connection_mode' : Field

type Fields<Type extends CredentialType> = {
  readonly [Field in keyof (typeof fieldsByType)[Type] as Exposed<Field>]?: (typeof fieldsByType)[Type][Field] extends 'number'
    ? number
    : string
}

export interface CredentialName<Type extends CredentialType = CredentialType> {
  readonly type: Type
  /** Of the system that it opens, such as `warehouse`. */
  readonly name: string
  /** What it may do there. */
  readonly mode: 'read' | 'write'
  /** Such as `dev`, `uat` or `prod`. Default: the variable `ENVIRONMENT`, else `dev`. */
  readonly env?: string
  /** Take none that is for all environments. Default false. */
  readonly forceEnv?: boolean
}

export type Credential<Type extends CredentialType> = Fields<Type> & {
  /** Under which it was found. */
  readonly id: string
}

/**
 * The ids that a credential is looked for under, in this order; a task declares them as its secrets.
 *
 * @throws ConfigError CREDENTIAL_NAME_INVALID.
 */
export function credentialIds(name: CredentialName): readonly string[] {
  const { type, mode, env = process.env.ENVIRONMENT || 'dev', forceEnv = false } = name
  if (!Object.hasOwn(fieldsByType, type)) {
    const hint = closestName(type, Object.keys(fieldsByType))
    throw badName(
      `"${type}" is no type of credential${hint === undefined ? '' : `; did you mean "${hint}"?`} There are ${Object.keys(fieldsByType).join(', ')}.`,
    )
  }
  if (mode !== 'read' && mode !== 'write')
    throw badName(`The mode of a credential is "read" or "write", not "${mode}".`)
  for (const part of [env, name.name]) {
    if (!/^[\w.-]+$/.test(part))
      throw badName(`"${part}" cannot stand in the id of a credential: use letters, digits, "_", "." and "-".`)
  }
  const ids = [`${env}/${type}/${name.name}/${mode}`]
  return forceEnv || env === 'all' ? ids : [...ids, `all/${type}/${name.name}/${mode}`]
}

/**
 * A credential by its name: that of the environment, else the one for all environments.
 *
 * @throws ConfigError CREDENTIAL_NAME_INVALID, CREDENTIAL_UNKNOWN.
 * @throws DataError CREDENTIAL_INVALID when its value is not what its type says.
 */
export async function credential<Type extends CredentialType>(
  store: SecretReader,
  name: CredentialName<Type>,
): Promise<Credential<Type>> {
  const ids = credentialIds(name)
  for (const id of ids) {
    const text = await store.read(id)
    if (text !== null) return { id, ...parse(name.type, id, text) } as Credential<Type>
  }
  throw new ConfigError('CREDENTIAL_UNKNOWN', {
    message: `There is no credential ${ids.map((id) => `"${id}"`).join(' and no ')}. Make a secret of this name, with its fields as JSON.`,
    details: { ids },
  })
}

/** What is wrong is said by the names of fields only, never by their values. */
function parse(type: CredentialType, id: string, text: string): Record<string, string | number> {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    throw invalid(id, 'is no JSON')
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalid(id, 'is no JSON object')
  const values = given as Readonly<Record<string, unknown>>
  const missing = needed[type].filter((field) => values[field] === undefined || values[field] === '')
  if (missing.length > 0) throw invalid(id, `lacks ${missing.join(', ')}`)
  const result: Record<string, string | number> = {}
  for (const [field, kind] of Object.entries(fieldsByType[type])) {
    const value = values[field]
    if (value === undefined || value === null) continue
    result[field === 'mode' ? 'connection_mode' : field] =
      kind === 'number' ? numberOf(id, field, value) : textOf(id, field, value)
  }
  return result
}

function numberOf(id: string, field: string, value: unknown): number {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  if (Number.isSafeInteger(number)) return number as number
  throw invalid(id, `has no whole number as its ${field}`)
}

function textOf(id: string, field: string, value: unknown): string {
  if (typeof value === 'string') return value
  throw invalid(id, `has no text as its ${field}`)
}

function badName(message: string): ConfigError {
  return new ConfigError('CREDENTIAL_NAME_INVALID', { message })
}

function invalid(id: string, what: string): DataError {
  return new DataError('CREDENTIAL_INVALID', {
    message: `The value of the credential "${id}" ${what}. Set it anew as a JSON object with the fields of its type.`,
    details: { id },
  })
}
