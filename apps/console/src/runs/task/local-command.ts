import type { Schema } from '../../api/index.ts'

/** The command that does one task of a run in the folder of its project. */
export function localCommand(
  { workflow, logical_date, params }: Pick<Schema<'Run'>, 'workflow' | 'logical_date' | 'params'>,
  node: string,
): string {
  const given = Object.entries(params).map(
    ([name, value]) => `--param ${quoted(`${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)}`,
  )
  return ['millrace run', quoted(workflow), '--only', quoted(node), '--date', logical_date, ...given].join(' ')
}

/** For shells; left as it is where that is safe. */
function quoted(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
