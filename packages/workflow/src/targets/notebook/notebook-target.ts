import { createHash } from 'node:crypto'
import { ConfigError } from '@millrace/core'
import type { Json } from '../../json.ts'
import type { ManifestNode, WorkflowManifest } from '../../manifest.ts'
import { versionedName } from '../../workflow-names.ts'
import type { Target } from '../target.ts'

export interface NotebookOptions {
  /** Where each workflow is exported, by its versioned name. Default: what its manifest says. */
  readonly sources?: Readonly<Record<string, { readonly module: string; readonly export: string }>>
  /** From the folder of the notebooks to that of the package, with `/`, such as `../..`. */
  readonly packagePath: string
}

/**
 * A notebook per workflow for the Jupyter kernel of Deno, which runs TypeScript: its parameters, then each task in a
 * topological order. A task sees the outputs of those that were run before it.
 */
export const notebookTarget: Target<NotebookOptions> = (manifests, options) => ({
  files: manifests.map((manifest) => ({
    path: `${versionedName(manifest)}.ipynb`,
    content: `${JSON.stringify(notebook(manifest, options), null, 1)}\n`,
  })),
  notes: [],
})

function notebook(manifest: WorkflowManifest, options: NotebookOptions): Json {
  const tasks = manifest.nodes.filter(({ kind }) => kind === 'task')
  const cells = [
    code(parameters(manifest), ['parameters']),
    code(setup(manifest, options)),
    ...tasks.map((node) => code(taskCell(node))),
  ]
  return {
    cells: cells.map((cell, index) => ({ ...cell, id: cellId(manifest, index) })),
    metadata: {
      kernelspec: { display_name: 'Deno', language: 'typescript', name: 'deno' },
      language_info: { file_extension: '.ts', mimetype: 'text/x.typescript', name: 'typescript' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  }
}

/** Defaults stand for themselves; what has none is to be filled in. */
function parameters({ name, version, params }: WorkflowManifest): string {
  const properties = (params?.properties ?? {}) as Readonly<
    Record<string, { readonly default?: Json; readonly description?: string }>
  >
  const required = new Set((params?.required ?? []) as readonly string[])
  const lines = Object.entries(properties).map(([name, { default: preset, description }]) => {
    const comment = description === undefined ? '' : ` // ${description.replaceAll(/\s+/g, ' ')}`
    const key = JSON.stringify(name)
    if (preset !== undefined) return `  ${key}: ${JSON.stringify(preset)},${comment}`
    return `  // ${key}: …,${comment || (required.has(name) ? ' // required' : ' // optional')}`
  })
  return [
    `// Workflow ${name}, version ${version}: what its run is given.`,
    'const params: Record<string, unknown> = {',
    ...lines,
    '}',
  ].join('\n')
}

function setup(manifest: WorkflowManifest, { sources = {}, packagePath }: NotebookOptions): string {
  const source = sources[versionedName(manifest)] ?? manifest.source
  if (source === null) {
    throw new ConfigError('NOTEBOOK_SOURCE_MISSING', {
      message: `Nothing says where workflow "${manifest.name}" is exported, and a notebook has to import it. Build it from its package.`,
    })
  }
  const connections = manifest.nodes.some((node) => node.connections.length > 0)
  const path = packagePath === '' ? '.' : packagePath
  return [
    "import process from 'node:process'",
    ...(connections ? ["import { definitionForUri } from '@millrace/connectors'"] : []),
    "import { runWorkflow, type TaskContext } from '@millrace/workflow'",
    `import { ${source.export} as workflow } from ${JSON.stringify(`${path}/${source.module}`)}`,
    '',
    'const outputs: Record<string, any> = {}',
    'const variable = (kind: string, name: string) =>',
    "  process.env['MILLRACE_' + kind + '_' + name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')]",
    ...(connections ? connectionLines : []),
    '',
    '/** Runs one task as if those before it had succeeded, with the outputs they have left in this notebook. */',
    'async function run(id: string, instead?: (context: TaskContext) => unknown) {',
    '  const result = await runWorkflow(workflow, {',
    '    params, outputs,',
    '    only: [id],',
    ...(connections ? ['    connections,'] : []),
    "    secrets: (name) => variable('SECRET', name),",
    '    ...(instead && { replace: { [id]: instead } }),',
    "    onEvent: (event) => event.kind === 'log' && console.log(event.entry.level, event.entry.text),",
    '  })',
    '  const task = result.tasks.find((task) => task.id === id && task.mapIndex === null)',
    "  if (task?.state === 'failed') throw new Error(task.failure?.message ?? 'It failed.')",
    '  if (!instead) outputs[id] = task?.output ?? null',
    '  return task?.output',
    '}',
  ].join('\n')
}

const connectionLines = [
  'const connections = async (name: string) => {',
  "  const uri = variable('CONNECTION', name)",
  '  return uri === undefined ? undefined : { connector: (await definitionForUri(uri)).name, values: { uri } }',
  '}',
]

function taskCell({ id, operator }: ManifestNode): string {
  const name = JSON.stringify(id)
  const rollback = [
    '',
    '// To undo by hand what the task has done:',
    `// await run(${name}, (context) => workflow.createTask(${name}).rollback(context))`,
  ]
  return [`await run(${name})`, ...(operator === null ? rollback : [])].join('\n')
}

function code(text: string, tags: readonly string[] = []): Record<string, Json> {
  return {
    cell_type: 'code',
    execution_count: null,
    metadata: tags.length === 0 ? {} : { tags },
    outputs: [],
    source: linesOf(text),
  }
}

function linesOf(text: string): readonly string[] {
  return text.split(/(?<=\n)/)
}

/** The same for the same cell of the same version. */
function cellId(manifest: WorkflowManifest, index: number): string {
  return createHash('sha256')
    .update(`${versionedName(manifest)}\n${index}`)
    .digest('hex')
    .slice(0, 12)
}
