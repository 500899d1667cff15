import type { TransferSpec } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import { readConfigFile, readConnections } from '../config-file/config-file.ts'
import type { Context } from '../context.ts'
import { type EndpointLookup, resolveEndpoint } from '../endpoint.ts'
import { optionName, type TransferChoices, transferOptions } from '../transfer-options.ts'
import { transferSpec } from '../transfer-spec.ts'

export interface TransferArguments {
  readonly from?: string
  readonly to?: string
  readonly file?: string
  readonly only?: readonly string[]
  readonly choices: TransferChoices
}

export interface TransferJob {
  /** Of a transfer in a file; null for the one of the command line. */
  readonly name: string | null
  readonly manifestPath: string | null
  readonly toStandardOutput: boolean
  /** Connects anew for every call; the caller disposes both connectors. */
  prepare(): Promise<TransferSpec>
}

/** What `copy` and `plan` are asked for: the transfer of the command line, or those of a file. */
export async function transferJobs(input: TransferArguments, context: Context): Promise<TransferJob[]> {
  if (input.file !== undefined) return jobsOfFile(input, input.file, context)
  const { from, to, choices } = input
  if (from === undefined || to === undefined) {
    throw new ConfigError('ENDS_REQUIRED', {
      message:
        'Say where from and where to, as in "millrace copy postgres://host/db orders.parquet --table orders", or name a file of transfers with -f millrace.yaml.',
    })
  }
  if (input.only)
    throw new ConfigError('ONLY_NEEDS_FILE', { message: '--only picks transfers of a file; name it with -f.' })
  const lookup = { connections: () => readConnections(), secrets: context.secrets }
  return [job(null, from, to, choices, {}, lookup, context)]
}

async function jobsOfFile(input: TransferArguments, path: string, context: Context): Promise<TransferJob[]> {
  if (input.from !== undefined) {
    throw new ConfigError('FILE_AND_ENDS', {
      message: `The file ${path} says what is copied, so no source and destination can be named beside it. Use --only NAME to pick one of its transfers.`,
    })
  }
  const foreign = transferOptions.find(
    (option) => option.reach === undefined && input.choices[option.name] !== undefined,
  )
  if (foreign) {
    throw new ConfigError('OPTION_WITHOUT_EFFECT', {
      message: `${optionName(foreign)} is said in the file for each of its transfers. Beside -f only ${transferOptions
        .filter((option) => option.reach !== undefined)
        .map(optionName)
        .join(', ')} are taken; they hold for all transfers.`,
    })
  }
  const file = await readConfigFile(path)
  const lookup = { connections: async () => file.connections, secrets: context.secrets }
  const unknown = input.only?.find((name) => !file.transfers.some((transfer) => transfer.name === name))
  if (unknown !== undefined || file.transfers.length === 0) {
    const names = file.transfers.map(({ name }) => name)
    throw new ConfigError('TRANSFER_NOT_FOUND', {
      message:
        names.length === 0
          ? `${path} has no transfers. Add some under "transfers:".`
          : `${path} has no transfer "${unknown}". Its transfers are ${names.join(', ')}.`,
    })
  }
  return file.transfers
    .filter(({ name }) => !input.only || input.only.includes(name))
    .map(({ name, from, to, choices }) =>
      job(name, from, to, { ...choices, ...input.choices }, file.defaults, lookup, context),
    )
}

function job(
  name: string | null,
  from: string,
  to: string,
  choices: TransferChoices,
  defaults: TransferChoices,
  lookup: EndpointLookup,
  context: Context,
): TransferJob {
  return {
    name,
    manifestPath: choices.manifest ?? null,
    toStandardOutput: to === '-',
    async prepare() {
      const [source, destination] = [
        await resolveEndpoint(from, 'source', lookup),
        await resolveEndpoint(to, 'destination', lookup),
      ]
      return transferSpec({
        from: source,
        to: destination,
        choices,
        defaults,
        parallel: context.settings.parallel,
      })
    },
  }
}
