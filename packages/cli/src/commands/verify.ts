import { readManifest, type VerifyResult, verifyManifest } from '@millrace/connectors'
import { readConnections } from '../config-file/config-file.ts'
import { type Context, exitCodes } from '../context.ts'
import { resolveEndpoint } from '../endpoint.ts'
import { printable } from '../output/printable.ts'

export interface VerifyArguments {
  readonly manifests: readonly string[]
  readonly source: boolean
  /** Instead of the manifest's addresses: they have no password. */
  readonly from?: string
  readonly to?: string
  readonly file?: string
  readonly json: boolean
}

/** Compares what manifests say with what is there now. */
export async function verify(input: VerifyArguments, context: Context): Promise<number> {
  const { mask } = context.secrets
  const lookup = { connections: () => readConnections(input.file), secrets: context.secrets }
  let different = false
  for (const path of input.manifests) {
    const manifest = await readManifest(path)
    const result = await verifyManifest(manifest, {
      signal: context.signal,
      source: input.source,
      async connect(end, _, address) {
        const role = end === 'from' ? 'source' : 'destination'
        return (await resolveEndpoint(input[end] ?? address, role, lookup)).connect()
      },
    })
    different ||= !result.equal
    context.out(mask(input.json ? `${JSON.stringify({ manifest: path, ...result })}\n` : describe(path, result)))
  }
  return different ? exitCodes.different : exitCodes.done
}

function describe(path: string, result: VerifyResult): string {
  return `${printable(path)}: ${result.equal ? 'equal' : 'DIFFERENT'}. ${printable(result.findings.join(' '))}\n`
}
