import { type Context, exitCodes } from '../context.ts'

/** What a command answers to `--json`, without secrets. Gives the exit code. */
export function printJson(value: unknown, { out, secrets }: Context): number {
  out(`${secrets.mask(JSON.stringify(value, null, 2))}\n`)
  return exitCodes.done
}
