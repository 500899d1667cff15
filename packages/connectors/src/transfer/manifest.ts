import { constants } from 'node:fs'
import { access, mkdir, open, readFile, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ConfigError } from '@millrace/core'
import type { Manifest } from './types.ts'

/** `<state>/manifests/<target>-<start>-<load>.json`; unique for each load and easy to find by name. */
export function manifestFileName(stateDirectory: string, target: string, startedAt: string, load: string): string {
  const slug =
    target
      .normalize('NFKD')
      .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
      .replaceAll(/^[-.]+|-+$/g, '')
      .slice(-80) || 'load'
  const stamp = startedAt.replaceAll(/[-:]|\.\d+/g, '')
  return join(stateDirectory, 'manifests', `${slug}-${stamp}-${load.slice(0, 6)}.json`)
}

/** Refuses a place that cannot take manifests before anything is copied. `path` is the one manifest that was asked for. */
export async function prepareManifests(stateDirectory: string, path: string | undefined): Promise<void> {
  const folder = path === undefined ? join(stateDirectory, 'manifests') : dirname(path)
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (cause) {
    throw new ConfigError('MANIFEST_NOT_WRITABLE', {
      message: `Manifests cannot be written to ${folder} (${(cause as NodeJS.ErrnoException).code}). Set MILLRACE_HOME to a folder that can be written, or name a file with --manifest.`,
      cause,
    })
  }
  if (path === undefined || !(await stat(path).catch(() => null))?.isDirectory()) return
  throw new ConfigError('MANIFEST_NOT_WRITABLE', {
    message: `The manifest cannot be written to ${path}, which is a folder. Name a file in it.`,
  })
}

/** Durable and whole: written aside, flushed and renamed. */
export async function writeManifest(path: string, manifest: Manifest): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${process.pid}.tmp`
  const file = await open(aside, 'w')
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(aside, path)
}

export async function readManifest(path: string): Promise<Manifest> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConfigError('MANIFEST_UNREADABLE', {
      message: `The manifest ${path} cannot be read. Check the path; copies print it when they end.`,
      cause,
    })
  }
  try {
    const manifest = JSON.parse(text) as Manifest
    if (manifest.manifestVersion === 1 && manifest.to?.target && Array.isArray(manifest.columns)) return manifest
  } catch (cause) {
    throw new ConfigError('MANIFEST_INVALID', {
      message: `${path} is not JSON, so it is not a manifest of a load.`,
      cause,
    })
  }
  throw new ConfigError('MANIFEST_INVALID', {
    message: `${path} is not a manifest that this version of Millrace can read (manifestVersion 1).`,
  })
}
