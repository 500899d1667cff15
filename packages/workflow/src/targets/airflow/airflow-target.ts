import { ConfigError } from '@millrace/core'
import { versionedName } from '../../workflow-names.ts'
import type { Target, TargetFile } from '../target.ts'
import { airflowNotes, airflowProblems } from './airflow-checks.ts'
import { airflowDag } from './airflow-dag.ts'
import { airflowParams } from './airflow-params.ts'
import { type AirflowPool, airflowPools } from './airflow-pools.ts'
import { pythonString } from './python-literal.ts'

export interface AirflowOptions {
  /**
   * File name of the package's archive, in the folder `packages` beside the DAG file; with `packageLocation`, in that
   * folder or below that address.
   */
  readonly archive: string | null
  /** A folder or an `https://` address that all workers reach. Default: the folder `packages` beside the DAG file. */
  readonly packageLocation?: string
  /** Slots of pools, by name. */
  readonly pools?: Readonly<Record<string, number>>
  /** What `pools.json` held before: other versions and workflows use the same file. */
  readonly knownPools?: Readonly<Record<string, AirflowPool>>
}

/** One DAG file per workflow version, and the pools that they use. */
export const airflowTarget: Target<AirflowOptions> = (manifests, options) => {
  const problems = manifests.flatMap((manifest) => [...airflowProblems(manifest), ...paramProblems(manifest)])
  const [first] = problems
  if (first !== undefined) throw problems.length === 1 ? first : severalProblems(problems)
  const pools = airflowPools(manifests, options.pools ?? {}, options.knownPools ?? {})
  const files: TargetFile[] = manifests.map((manifest) => ({
    path: `${versionedName(manifest)}.py`,
    content: airflowDag(manifest, locationOf(options)),
  }))
  return {
    files: [...files, { path: 'pools.json', content: `${JSON.stringify(pools, null, 2)}\n` }],
    notes: manifests.flatMap(airflowNotes),
  }
}

/** A Python expression. */
function locationOf({ archive, packageLocation }: AirflowOptions): string {
  if (archive === null) return '""'
  if (packageLocation !== undefined) return pythonString(`${packageLocation.replace(/\/$/, '')}/${archive}`)
  return `os.path.join(os.path.dirname(os.path.abspath(__file__)), "packages", ${pythonString(archive)})`
}

function paramProblems(manifest: Parameters<typeof airflowParams>[0]): readonly ConfigError[] {
  try {
    airflowParams(manifest)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return [error]
    throw error
  }
}

function severalProblems(problems: readonly ConfigError[]): ConfigError {
  return new ConfigError('AIRFLOW_PROBLEMS', {
    message: problems.map(({ message }) => message).join('\n'),
    details: { problems: problems.map(({ code, details }) => ({ code, ...details })) },
  })
}
