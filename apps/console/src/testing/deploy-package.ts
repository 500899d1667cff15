import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Dev } from './dev.fixture.ts'

const modules = fileURLToPath(new URL('../../../../node_modules/@millrace', import.meta.url))
let packages = 0

/** Deploys the workflows of a package, whose files are given, by the command that people use. */
export async function deployPackage(
  dev: Dev,
  files: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<void> {
  packages += 1
  const folder = join(dev.folder, `package-${packages}`)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  await mkdir(join(folder, 'node_modules'), { recursive: true })
  await symlink(modules, join(folder, 'node_modules/@millrace'))
  await dev.run('deploy', folder, ...options)
}
