import { ConfigError } from '@millrace/core'
import { nextState, type PipelineState, pipelineStates, previousState } from '../states.ts'
import { checkBucketName, checkEnvironment, type Environment, environmentBucket } from './environments.ts'

/** `parent` and `child` are also called client and brand; one name of each is given. */
export interface ContractParts {
  readonly environment: string
  /** Of the code: data of branches stand beside each other. */
  readonly branch: string
  readonly parent?: string
  readonly client?: string
  readonly child?: string
  readonly brand?: string
  readonly state: string
  /** Default `millrace-{environment}`. */
  readonly bucket?: string
}

/** Where the data of a brand are in a state. */
export interface Contract {
  readonly environment: Environment
  readonly branch: string
  readonly parent: string
  readonly child: string
  readonly state: PipelineState
  readonly bucket: string
  /** `branch/parent/child/state/` */
  readonly key: string
  /** `s3://bucket/branch/parent/child/state/` */
  readonly uri: string
}

/** Where one dataset is. Its key and address have no slash at the end. */
export interface DatasetContract extends Contract {
  readonly dataset: string
}

const branchesNotOfDev = ['master', 'test', 'rse', 'uat', 'prod']

/**
 * Branch, parent and child become lower case.
 *
 * @throws ConfigError `CONTRACT_PART_INVALID`, `CONTRACT_PART_MISSING`, `ENVIRONMENT_UNKNOWN`, `STATE_UNKNOWN`,
 * `BRANCH_NOT_ALLOWED`, `BUCKET_NAME_INVALID`
 */
export function createContract(parts: ContractParts): Contract {
  const environment = checkEnvironment(parts.environment)
  const branch = checkPart('branch', parts.branch).toLowerCase()
  if (environment === 'dev' && branchesNotOfDev.includes(branch)) {
    throw new ConfigError('BRANCH_NOT_ALLOWED', {
      message: `The branch "${branch}" cannot be used in dev, where ${branchesNotOfDev.join(', ')} are not allowed. Work on a branch of your own.`,
      details: { branch, environment },
    })
  }
  const parent = checkPart('parent', aliased('parent', parts.parent, 'client', parts.client)).toLowerCase()
  const child = checkPart('child', aliased('child', parts.child, 'brand', parts.brand)).toLowerCase()
  const state = checkState(parts.state)
  const bucket = parts.bucket === undefined ? environmentBucket(environment) : checkBucketName(parts.bucket)
  return placed({ environment, branch, parent, child, state, bucket })
}

/** @throws ConfigError as `createContract` */
export function createDatasetContract({
  dataset,
  ...parts
}: ContractParts & { readonly dataset: string }): DatasetContract {
  const contract = createContract(parts)
  return { ...contract, ...inFolder(contract, checkPart('dataset', dataset)) }
}

/** The same place in the state before; null for the first state. */
export function previousContract(contract: Contract): Contract | null {
  return inState(contract, previousState(contract.state))
}

/** The same place in the state after; null for the last state. */
export function nextContract(contract: Contract): Contract | null {
  return inState(contract, nextState(contract.state))
}

function inState(contract: Contract, state: PipelineState | null): Contract | null {
  if (state === null) return null
  const { environment, branch, parent, child, bucket } = contract
  return placed({ environment, branch, parent, child, state, bucket })
}

function placed(parts: Omit<Contract, 'key' | 'uri'>): Contract {
  const { branch, parent, child, state, bucket } = parts
  const key = `${branch}/${parent}/${child}/${state}/`
  return { ...parts, key, uri: `s3://${bucket}/${key}` }
}

function inFolder({ key, uri }: Contract, dataset: string) {
  return { dataset, key: `${key}${dataset}`, uri: `${uri}${dataset}` }
}

function aliased(name: string, value: string | undefined, alias: string, other: string | undefined): string {
  if (value !== undefined && other !== undefined && value !== other) {
    throw new ConfigError('CONTRACT_PART_INVALID', {
      message: `"${name}" and "${alias}" are two names of one part, and here they differ: "${value}" and "${other}". Give one of them.`,
      details: { part: name },
    })
  }
  const given = value ?? other
  if (given !== undefined) return given
  throw new ConfigError('CONTRACT_PART_MISSING', {
    message: `A contract needs its ${name}. Give "${name}" or "${alias}".`,
    details: { part: name },
  })
}

function checkPart(name: string, value: string): string {
  if (/^[A-Za-z0-9!\-_.*()=]+$/.test(value) && !/^\.+$/.test(value)) return value
  throw new ConfigError('CONTRACT_PART_INVALID', {
    message: `"${value}" cannot be the ${name} of a contract: it has letters, digits and ! - _ . * ( ) = only, one at least, and more than dots.`,
    details: { part: name, value },
  })
}

function checkState(name: string): PipelineState {
  const found = pipelineStates.find((state) => state === name)
  if (found !== undefined) return found
  throw new ConfigError('STATE_UNKNOWN', {
    message: `There is no state "${name}". It is one of ${pipelineStates.join(', ')}.`,
    details: { state: name },
  })
}
