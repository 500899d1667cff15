import { ConfigError } from '@millrace/core'

/** Names of workflows and their versions are parts of file names, and of ids in other engines. */
const versionedNameFormat = /^[A-Za-z0-9._-]+$/
const longestName = 100
const nodeIdFormat = /^[A-Za-z0-9_-]+$/
const longestNodeId = 250

/** The ways to name a workflow: by category and name, or by the data it turns into other data. */
export type WorkflowIdentity =
  | {
      /** What the workflow belongs to; the first part of its name. */
      readonly category: string
      readonly name: string
      /** Default: the environment's `BUILD_VERSION`, else `dev`. */
      readonly version?: string
    }
  | {
      readonly input: string
      readonly output: string
      readonly category: string
      readonly detail?: string
      readonly version?: string
    }
  | {
      readonly category: string
      /** The whole name, where something else than a category and a name makes it. */
      readonly fullName: string
      readonly version?: string
    }
  | {
      readonly processCategory: string
      readonly processName: string
      readonly workflowPackage?: string
      readonly workflowVersion?: string
    }
  | {
      readonly process_category: string
      readonly process_name: string
      readonly workflow_package?: string
      readonly workflow_version?: string
    }
  | {
      readonly inputData: string
      readonly outputData: string
      readonly category: string
      readonly detail?: string
      readonly workflowPackage?: string
      readonly workflowVersion?: string
    }
  | {
      readonly input_data: string
      readonly output_data: string
      readonly category: string
      readonly detail?: string
      readonly workflow_package?: string
      readonly workflow_version?: string
    }

export interface WorkflowName {
  /** `{category}_{name}`, or `{input}_to_{output}_{category}[_{detail}]`. */
  readonly name: string
  readonly version: string
  readonly category: string
  /** What the name was made of, and the version: tags of every workflow. */
  readonly tags: readonly string[]
}

/** @throws ConfigError `WORKFLOW_NAME_INVALID`, `WORKFLOW_VERSION_INVALID` */
export function workflowName(identity: WorkflowIdentity): WorkflowName {
  const given = identity as unknown as Readonly<Record<string, string | undefined>>
  const first = (...keys: string[]) => keys.map((key) => given[key]).find((value) => value !== undefined)
  const category = first('category', 'processCategory', 'process_category')
  const process = first('name', 'processName', 'process_name')
  const input = first('input', 'inputData', 'input_data')
  const output = first('output', 'outputData', 'output_data')
  const detail = first('detail')
  const fullName = first('fullName')
  const version = first('version', 'workflowVersion', 'workflow_version') ?? versionOfEnvironment()
  const ways = [fullName !== undefined, process !== undefined, input !== undefined && output !== undefined]
  if (category === undefined || ways.filter(Boolean).length !== 1) {
    throw new ConfigError('WORKFLOW_NAME_INVALID', {
      message:
        'A workflow is named by `category` and `name`, or by `input`, `output` and `category`. Give one of the two, and not both.',
      details: { given: Object.keys(given).sort() },
    })
  }
  const parts = process === undefined ? [input, 'to', output, category, detail] : [category, process]
  const name = fullName ?? parts.filter((part) => part !== undefined).join('_')
  const tags = [version, input, output, category].filter((tag) => tag !== undefined)
  checkName(name, version)
  return { name, version, category, tags }
}

/** Name of a file, or of a DAG, of this version. */
export function versionedName({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}_${version}`
}

function versionOfEnvironment(): string {
  return process.env.BUILD_VERSION || 'dev'
}

function checkName(name: string, version: string): void {
  if (name.length > longestName) {
    throw new ConfigError('WORKFLOW_NAME_INVALID', {
      message: `The name of workflow "${name}" has ${name.length} characters; at most ${longestName} are allowed. Shorten its category or its name.`,
      details: { name, length: name.length },
    })
  }
  const allowed = 'Use letters, digits, ".", "_" and "-" only.'
  if (!versionedNameFormat.test(name)) {
    throw new ConfigError('WORKFLOW_NAME_INVALID', {
      message: `"${name}" cannot be the name of a workflow. ${allowed}`,
      details: { name },
    })
  }
  if (!versionedNameFormat.test(version)) {
    throw new ConfigError('WORKFLOW_VERSION_INVALID', {
      message: `"${version}" cannot be the version of workflow "${name}". ${allowed}`,
      details: { name, version },
    })
  }
}

/** @throws ConfigError `NODE_ID_INVALID` */
export function checkNodeId(id: string, path: string): void {
  if (nodeIdFormat.test(id) && path.length <= longestNodeId) return
  throw new ConfigError('NODE_ID_INVALID', {
    message: `"${path}" cannot be the id of a node. Use letters, digits, "_" and "-" only, and at most ${longestNodeId} characters with its groups.`,
    details: { id: path },
  })
}
