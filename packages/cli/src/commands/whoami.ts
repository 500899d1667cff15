import { type Context, exitCodes } from '../context.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { type ServerRequest, signedInUser, withServer } from '../server-connection.ts'

const tokens = {
  given: 'the token that was given',
  dev: 'the token of "millrace dev"',
  login: 'the token of your login',
} as const

/** Who the server takes the caller for. */
export async function whoami(request: ServerRequest, context: Context): Promise<number> {
  return await withServer(request, context, async (client, { url, tokenFrom }) => {
    const user = await signedInUser(client)
    if (request.json) return printJson({ url, user }, context)
    const { name, email, id, is_admin } = user
    const known = [email === name ? undefined : email, `id ${id}`, is_admin ? 'administrator' : undefined]
    const about = known.filter((one) => one !== undefined).join(', ')
    context.out(`${printable(name)} (${printable(about)}) at ${url}, by ${tokens[tokenFrom]}\n`)
    return exitCodes.done
  })
}
