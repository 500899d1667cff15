import { mkdir, open, readFile, rename } from 'node:fs/promises'
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
