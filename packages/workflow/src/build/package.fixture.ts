import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A folder for one test. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'millrace-build-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Writes the files of a package as a user has it, with the workflow package among its modules. */
export async function writePackage(
  folder: string,
  files: Readonly<Record<string, string>>,
  json: object = {},
): Promise<void> {
  const all = {
    'package.json': JSON.stringify({
      name: '@air/flights',
      version: '1.0.0',
      type: 'module',
      dependencies: { '@millrace/workflow': '*' },
      ...json,
    }),
    ...files,
  }
  for (const [file, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), content)
  }
  await mkdir(join(folder, 'node_modules/@millrace'), { recursive: true })
  await symlink(join(import.meta.dirname, '../..'), join(folder, 'node_modules/@millrace/workflow')).catch(() => {})
}

/** A module with a workflow `{category}_daily` of one task. */
export function workflowModule(category: string, version: string | null = null, output = 1): string {
  return `
    import { Task, Workflow } from '@millrace/workflow'
    export class Extract extends Task {
      run() { return ${output} }
    }
    export const daily = new Workflow({
      category: '${category}', name: 'daily', ${version === null ? '' : `version: '${version}',`}
    }).addNode(Extract)
  `
}
