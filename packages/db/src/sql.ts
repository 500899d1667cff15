import { FatalError } from '@millrace/core'

const mark = Symbol.for('millrace.sql')

/**
 * A statement, or a part of one, with its values apart. Made by `sql` only: an object of the same shape
 * that came from outside, such as JSON, is bound as a value and never becomes text of a statement.
 */
export interface Sql {
  /** With `$1`, `$2`, … where the values go. */
  readonly text: string
  readonly values: readonly unknown[]
}

interface MarkedSql extends Sql {
  /** The text around the values: one more than there are values. */
  readonly [mark]: readonly string[]
}

/**
 * ``sql`select * from run where id = ${id}` ``: what stands in `${…}` is sent beside the statement as a
 * parameter, unless it is itself an `Sql`, which is put in its place. Arrays are one parameter:
 * `where id = any(${ids})`. Objects are sent as JSON; a JSON array has to say so by `sql.json(…)`.
 * The text of a statement should not depend on its data, so that it is prepared once.
 *
 * @throws FatalError SQL_UNDEFINED when a value is undefined.
 */
function tag(strings: TemplateStringsArray, ...inputs: readonly unknown[]): Sql {
  const pieces: string[] = [strings[0] ?? '']
  const values: unknown[] = []
  inputs.forEach((input, index) => {
    const rest = strings[index + 1] ?? ''
    if (isSql(input)) {
      append(pieces, input[mark])
      values.push(...input.values)
      append(pieces, [rest])
    } else {
      if (input === undefined) throw undefinedValue(pieces.join('?'))
      values.push(input)
      pieces.push(rest)
    }
  })
  return make(pieces, values)
}

export const sql = Object.assign(tag, {
  /** A quoted name, dotted when there are several: `sql.identifier('engine', 'run')` is `"engine"."run"`. */
  identifier: (...names: readonly string[]): Sql =>
    make([names.map((name) => `"${name.replaceAll('"', '""')}"`).join('.')], []),

  /** A text that belongs to the statement itself, such as the name of a kind in a schema: part of the statement's text, never data. */
  literal: (text: string): Sql => {
    if (!/^[\w:* -]*$/.test(text)) {
      throw new FatalError('SQL_LITERAL_INVALID', {
        message: `"${text}" cannot be written into a statement. Pass it as a value.`,
      })
    }
    return make([`'${text}'`], [])
  },

  /** The parts one after the other, with a fixed text between them, such as `' and '`. Default `', '`. */
  join: (parts: readonly Sql[], separator = ', '): Sql => {
    const pieces = ['']
    const values: unknown[] = []
    parts.forEach((part, index) => {
      if (!isSql(part)) throw undefinedValue(pieces.join('?'))
      if (index > 0) append(pieces, [separator])
      append(pieces, part[mark])
      values.push(...part.values)
    })
    return make(pieces, values)
  },

  /** A value for a json or jsonb column: arrays, strings and null are JSON too. */
  json: (value: unknown): string => JSON.stringify(value) ?? 'null',
})

function isSql(value: unknown): value is MarkedSql {
  return typeof value === 'object' && value !== null && mark in value
}

function make(pieces: readonly string[], values: readonly unknown[]): Sql {
  return new Statement(pieces, values)
}

class Statement implements MarkedSql {
  readonly values: readonly unknown[]
  readonly [mark]: readonly string[]
  #text: string | undefined

  constructor(pieces: readonly string[], values: readonly unknown[]) {
    this.values = values
    this[mark] = pieces
  }

  /** Made when it is asked for: of most statements only the pieces are wanted, as parts of another one. */
  get text(): string {
    this.#text ??= this[mark].reduce((before, piece, index) => `${before}$${index}${piece}`)
    return this.#text
  }
}

/** Lengthens the last piece by the first of the others. */
function append(pieces: string[], others: readonly string[]): void {
  pieces.push(`${pieces.pop() ?? ''}${others[0] ?? ''}`)
  for (let at = 1; at < others.length; at++) pieces.push(others[at] ?? '')
}

function undefinedValue(before: string): FatalError {
  return new FatalError('SQL_UNDEFINED', {
    message: `A value of a statement is undefined, after "${before.trim().slice(-80)}". Pass null where nothing is meant.`,
  })
}
