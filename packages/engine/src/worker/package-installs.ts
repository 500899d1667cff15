import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { abortable, retry } from '@millrace/core'
import type { AttemptSpec } from '@millrace/workflow'
import { installPackage } from '@millrace/workflow/build'
import type { WorkerApi } from './worker-api.ts'

const downloadTimeoutMs = 5 * 60_000
/** An install is looked for again after this; it may have been removed as unused. */
const trustMs = 60_000

/**
 * Installs the packages of attempts, each once by its hash, for all attempts that need it at a time and later. Gives null
 * for an attempt without a package. What fails is tried anew by the next attempt.
 */
export function packageInstalls({
  api,
  cacheFolder,
}: {
  readonly api: Pick<WorkerApi, 'package'>
  readonly cacheFolder: string
}): (spec: AttemptSpec, signal: AbortSignal) => Promise<string | null> {
  const packages = join(cacheFolder, 'packages')
  const installs = new Map<string, Promise<string>>()

  /** Not stopped with an attempt: others may be waiting for the same. */
  const install = async (sha256: string): Promise<string> => {
    const folder = join(packages, sha256)
    // Also notes that it is in use.
    const isThere = await utimes(folder, new Date(), new Date()).then(
      () => true,
      () => false,
    )
    if (isThere) return folder
    const zip = await retry(() => api.package(sha256, AbortSignal.timeout(downloadTimeoutMs)), { retries: 5 })
    return await installPackage({ zip, sha256, cacheFolder: packages })
  }
  const installOnce = (sha256: string): Promise<string> => {
    const known = installs.get(sha256)
    if (known !== undefined) return known
    const installing = install(sha256)
    installs.set(sha256, installing)
    const forget = () => void installs.delete(sha256)
    installing.then(() => setTimeout(forget, trustMs).unref(), forget)
    return installing
  }
  return async ({ package: wanted }, signal) =>
    wanted === null ? null : await abortable(installOnce(wanted.sha256), signal)
}
