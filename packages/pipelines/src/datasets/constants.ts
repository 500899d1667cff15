import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ConfigError } from '@millrace/core'
import { parse } from 'yaml'
import { checkEnvironment, defaultBucketPrefix, type Environment, environmentBucket } from './environments.ts'

export interface ConstantSources {
  /** Default: that of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Before the names of variables. Default `MILLRACE_`. */
  readonly prefix?: string
  /** Text of a file of YAML: names and their values. */
  readonly yaml?: string
  /** Whose git branch is meant. Default: the current folder. */
  readonly folder?: string
}

/**
 * A constant of this deployment: the environment's variable (`MILLRACE_` and the name), else what is computed
 * (`ENVIRONMENT`, `BRANCH_NAME`, `ENV_BUCKET`, `BUCKET_PREFIX`), else what the YAML says.
 *
 * @throws ConfigError `CONSTANT_UNKNOWN`, `BRANCH_UNKNOWN`, `ENVIRONMENT_UNKNOWN`, `CONSTANTS_INVALID`
 */
export async function readConstant(name: string, sources: ConstantSources = {}): Promise<string> {
  const { env = process.env, prefix = 'MILLRACE_', yaml } = sources
  const given = env[`${prefix}${name}`]
  if (given !== undefined && given !== '') return given
  const written = yaml === undefined ? undefined : readYaml(yaml)[name]
  switch (name) {
    case 'ENVIRONMENT':
      return checkEnvironment(env.ENVIRONMENT ?? written ?? 'dev')
    case 'BRANCH_NAME': {
      const environment = await currentEnvironment(sources)
      return environment === 'dev' ? await gitBranch(sources) : environment
    }
    case 'ENV_BUCKET':
      return environmentBucket(await currentEnvironment(sources), await readConstant('BUCKET_PREFIX', sources))
    case 'BUCKET_PREFIX':
      return written ?? defaultBucketPrefix
  }
  if (written !== undefined) return written
  throw new ConfigError('CONSTANT_UNKNOWN', {
    message: `There is no constant "${name}". Set the variable ${prefix}${name}, or write it into the file of constants.`,
    details: { name },
  })
}

async function currentEnvironment(sources: ConstantSources): Promise<Environment> {
  return checkEnvironment(await readConstant('ENVIRONMENT', sources))
}

async function gitBranch({ folder = process.cwd(), prefix = 'MILLRACE_' }: ConstantSources): Promise<string> {
  const hint = `Set ${prefix}BRANCH_NAME.`
  const { stdout } = await promisify(execFile)('git', ['branch', '--show-current'], { cwd: folder }).catch((cause) => {
    throw new ConfigError('BRANCH_UNKNOWN', { message: `The folder "${folder}" has no git branch. ${hint}`, cause })
  })
  const branch = stdout.trim()
  if (branch !== '') return branch
  throw new ConfigError('BRANCH_UNKNOWN', { message: `The folder "${folder}" is on no git branch. ${hint}` })
}

function readYaml(text: string): Readonly<Record<string, string>> {
  const read: unknown = parse(text)
  if (typeof read === 'object' && read !== null && !Array.isArray(read)) {
    return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, String(value)]))
  }
  throw new ConfigError('CONSTANTS_INVALID', {
    message: 'The file of constants has to hold names with their values, such as "BUCKET_PREFIX: acme".',
  })
}
