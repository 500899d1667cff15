import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'

interface Step {
  readonly id?: string
  readonly shell: string
  readonly env?: Readonly<Record<string, string>>
  readonly run: string
}

interface Action {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean; readonly default?: string }>>
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}

export interface ActionResult {
  readonly outputs: Readonly<Record<string, string>>
  readonly code: number
  readonly log: string
  /** What later steps would find on their path. */
  readonly path: readonly string[]
}

/** Runs a composite action as a runner does: bash with its flags, the runner's variables and files, inputs by `env` only. */
export async function runCompositeAction(
  action: string,
  inputs: Readonly<Record<string, string>>,
  { folder, env }: { readonly folder: string; readonly env: Readonly<Record<string, string>> },
): Promise<ActionResult> {
  const {
    inputs: declared = {},
    outputs = {},
    runs,
  } = parse(await readFile(join(action, 'action.yml'), 'utf8')) as Action
  if (runs.using !== 'composite') throw new Error(`${action} is not composite.`)
  const unknown = Object.keys(inputs).filter((name) => !Object.hasOwn(declared, name))
  if (unknown.length > 0) throw new Error(`The action does not know ${unknown.join(', ')}.`)
  const given = Object.fromEntries(
    Object.entries(declared).map(([name, input]) => [name, inputs[name] ?? input.default ?? '']),
  )
  const temp = await mkdtemp(join(folder, 'runner-'))
  await mkdir(join(temp, 'temp'))
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(given)) values[`inputs.${name}`] = value
  const fill = (text: string) => text.replaceAll(/\$\{\{\s*([\w.]+)\s*\}\}/g, (_, name: string) => values[name] ?? '')

  let log = ''
  let code = 0
  for (const [index, step] of runs.steps.entries()) {
    // What stands in the script itself would be read by the shell.
    if (step.run.includes('${{')) throw new Error('A script must not hold an expression.')
    const files = { GITHUB_OUTPUT: join(temp, `output-${index}`), GITHUB_PATH: join(temp, 'path') }
    for (const file of Object.values(files)) await writeFile(file, '', { flag: 'a' })
    const script = join(temp, `step-${index}.sh`)
    await writeFile(script, step.run)
    const own = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, fill(text)]))
    const done = await bash(script, {
      ...env,
      ...files,
      ...own,
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTION_PATH: await realpath(action),
      GITHUB_WORKSPACE: folder,
      RUNNER_TEMP: join(temp, 'temp'),
    })
    log += done.log
    code = done.code
    if (code !== 0) break
    for (const [name, value] of readOutputs(await readFile(files.GITHUB_OUTPUT, 'utf8'))) {
      values[`steps.${step.id}.outputs.${name}`] = value
    }
  }
  return {
    code,
    log,
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, fill(value)])),
    path: (await readFile(join(temp, 'path'), 'utf8')).split('\n').filter(Boolean),
  }
}

function bash(script: string, env: Readonly<Record<string, string>>): Promise<{ code: number; log: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', script],
      { env, maxBuffer: 64 * 2 ** 20 },
      (_, out, err) => resolve({ code: child.exitCode ?? 1, log: `${out}${err}` }),
    )
  })
}

/** `name=value` lines, and values of several lines between delimiters. */
function readOutputs(text: string): [string, string][] {
  const outputs: [string, string][] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    const [, name, delimiter] = /^([^=<]+)<<(.+)$/.exec(line) ?? []
    if (name !== undefined && delimiter !== undefined) {
      const end = lines.indexOf(delimiter, at + 1)
      outputs.push([name, lines.slice(at + 1, end).join('\n')])
      at = end
    } else if (line.includes('=')) outputs.push([line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  }
  return outputs
}
