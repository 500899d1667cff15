import { readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { ConfigError, redact, retry, TransientError } from '@millrace/core'
import { installPackage } from '@millrace/workflow/build'
import { type Context, exitCodes } from '../context.ts'

export interface TaskInstallRequest {
  /** Path or `http(s)` address of the zip that `millrace build` made. */
  readonly package: string
  readonly sha256: string
  readonly into: string
}

/** Installs exactly the package of this hash, into a folder that does not exist yet. */
export async function taskInstall(request: TaskInstallRequest, context: Context): Promise<number> {
  const { signal } = context
  const into = resolve(request.into)
  const zip = /^https?:\/\//.test(request.package)
    ? await download(request.package, signal)
    : await read(request.package)
  const cacheFolder = `${into}.installing`
  try {
    const folder = await installPackage({ zip, sha256: request.sha256, cacheFolder, signal })
    await moveTo(into, folder)
  } finally {
    await rm(cacheFolder, { recursive: true, force: true })
  }
  context.err(`Installed ${basename(request.package)} into ${into}.\n`)
  return exitCodes.done
}

async function moveTo(into: string, folder: string): Promise<void> {
  try {
    await rename(folder, into)
  } catch (cause) {
    throw new ConfigError('FOLDER_TAKEN', {
      message: `The package cannot be put into ${into}: ${(cause as Error).message}. Name a folder that does not exist in ${dirname(into)}.`,
      cause,
    })
  }
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw new ConfigError('PACKAGE_MISSING', {
      message: `The package ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}). Put the zip of the build where every worker reads it.`,
      cause,
    })
  }
}

function download(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const shown = redact(url)
  return retry(
    async () => {
      let answer: Response
      try {
        answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(120_000)]) })
        if (answer.ok) return new Uint8Array(await answer.arrayBuffer())
      } catch (cause) {
        signal.throwIfAborted()
        throw new TransientError('PACKAGE_UNREACHABLE', {
          message: `The package cannot be fetched from ${shown}: ${(cause as Error).message}.`,
          cause,
        })
      }
      const message = `The package cannot be fetched from ${shown}: the answer was ${answer.status} ${answer.statusText}.`
      if (answer.status >= 500 || answer.status === 429) throw new TransientError('PACKAGE_UNREACHABLE', { message })
      throw new ConfigError('PACKAGE_MISSING', { message: `${message} Check the address and who may read it.` })
    },
    { signal, retries: 3 },
  )
}
