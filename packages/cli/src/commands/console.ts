import { type Context, exitCodes } from '../context.ts'
import { openBrowser } from '../open-browser.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { type ServerAddress, type ServerRequest, withServer } from '../server-connection.ts'

/** Opens the console of the server; of a `millrace dev`, signed in by a link that is good once. */
export async function openConsole(
  request: ServerRequest & { readonly print?: true },
  context: Context,
): Promise<number> {
  return await withServer(request, context, async (client, address) => {
    const url = await addressOf(client, address)
    if (request.json) return printJson({ url }, context)
    if (request.print) {
      context.out(`${printable(url)}\n`)
      return exitCodes.done
    }
    openBrowser(url)
    context.err(`The console opens in your browser. If it does not, open this address there:\n  ${printable(url)}\n`)
    return exitCodes.done
  })
}

/** People who have a token of their own sign in as themselves, at the issuer of the server. */
async function addressOf(
  client: Parameters<Parameters<typeof withServer>[2]>[0],
  { url, tokenFrom }: ServerAddress,
): Promise<string> {
  if (tokenFrom === 'login') return url
  const { user, sign_in_url } = await client.get('/api/auth/session')
  const isAdministrator = user?.id === 'admin' && user.is_admin
  if (!isAdministrator && sign_in_url !== undefined) return url
  return (await client.post('/api/auth/link')).url
}
