import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseAmount, parseSize } from '../parse-values.ts'
import type { Run } from './run.ts'

export function addStream(program: Command, run: Run): void {
  program
    .command('stream')
    .summary('Writes the messages of a stream to a table or data source, until it is stopped.')
    .description(
      'Writes the messages of a stream to a table or a Tinybird data source, each at least once, until it is stopped. ' +
        'A batch is committed at the broker only when it is durable at the destination. Ctrl-C writes and commits what was read; once more ends at once.',
    )
    .argument(
      '<from>',
      'A stream: redis://host?stream=orders, amqp://host?queue=orders, nats://host?stream=ORDERS, mqtt://host?topic=orders, kafka://host/orders, kinesis://orders, or a connection.',
    )
    .argument('<to>', 'A database, tinybird, or a connection.')
    .requiredOption('--into <name>', 'Table or data source. A table that does not exist is made.')
    .option('--stream <name>', 'Stream, queue or topic, instead of the one of the address.')
    .option(
      '--group <name>',
      'Consumers of one group share the messages. Default: the group of the address, else millrace.',
    )
    .addOption(
      new Option('--start <where>', 'Where a group begins that has committed nothing yet.')
        .choices(['earliest', 'latest'])
        .default('earliest'),
    )
    .addOption(whole('--flush-rows <count>', 'Writes and commits after so many messages.', 10_000))
    .addOption(
      new Option('--flush-bytes <size>', 'After payloads of this size, such as 8MB.')
        .default(8_000_000)
        .argParser((text) => valid(parseSize(text), 'a number of bytes, or a size such as 8MB')),
    )
    .addOption(
      new Option('--flush-interval <time>', 'And after this time in seconds since the first message came.')
        .default(2)
        .argParser((text) => valid(parseAmount(text), 'seconds, or a time such as 5s or 1m')),
    )
    .addOption(
      new Option('--payload <kind>', 'json: an object whose keys are columns; text: goes into the column payload.')
        .choices(['json', 'text'])
        .default('json'),
    )
    .option('--metadata', 'Adds the columns _key, _position and _time.')
    .addOption(
      new Option(
        '--contract <contract>',
        'What becomes of keys without a column: evolve gives them one, and widens columns of whole numbers; freeze makes the message a dead letter; discard drops them.',
      )
        .choices(['evolve', 'freeze', 'discard'])
        .default('evolve'),
    )
    .option(
      '--dead-letter <path>',
      'File for messages that cannot be written. Default: dead-letters/NAME.ndjson in the folder of MILLRACE_HOME.',
    )
    .addOption(whole('--max-dead-letters <count>', 'Stops when there are more.'))
    .addOption(
      new Option(
        '--retry-for <time>',
        'How long a broker or destination that fails is tried again, at the start 15 seconds at most.',
      )
        .default(900)
        .argParser((text) => valid(parseAmount(text), 'seconds, or a time such as 5s or 1m')),
    )
    .option('--drain', 'Ends when nothing is left to read instead of waiting for more.')
    .option('--json', 'Prints events as JSON, one a line, on standard output.')
    .action((from: string, to: string, values) =>
      run(async (context) => {
        const { stream } = await import('../commands/stream.ts')
        return stream({ from, to, ...values }, context)
      }),
    )
}

function whole(flags: string, help: string, preset?: number): Option {
  const option = new Option(flags, help).argParser((text) =>
    valid(/^\d+$/.test(text) ? Number(text) : null, 'a whole number'),
  )
  return preset === undefined ? option : option.default(preset)
}

function valid<T>(value: T | null, expected: string): T {
  if (value === null) throw new InvalidArgumentError(`It must be ${expected}.`)
  return value
}
