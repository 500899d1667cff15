import { Environment, Interpreter } from '@huggingface/jinja'

const stepLimit = 500_000
const rangeLimit = 100_000
const charactersOfStep = 100

/** What is used of the library's interpreter, whose own declarations cannot be resolved. */
interface LibraryInterpreter {
  run(program: unknown): RuntimeValue
  evaluate(statement: unknown, environment: unknown): RuntimeValue
}

interface RuntimeValue {
  readonly value: unknown
}

const LibraryInterpreter = Interpreter as unknown as new (environment: Environment) => LibraryInterpreter

const globals = { true: true, false: false, none: null, True: true, False: false, None: null, range }

/**
 * Renders a parsed template within bounds of time and memory, since a template may come from somebody who means harm: at
 * most half a million steps, where a list counts as many as it has items, and a text one for every hundred characters.
 */
export function renderWithinBounds(program: unknown, names: Readonly<Record<string, unknown>>): string {
  const environment = new Environment()
  for (const [name, value] of Object.entries({ ...globals, ...names })) environment.set(name, value)
  return String(new BoundedInterpreter(environment).run(program).value)
}

class BoundedInterpreter extends LibraryInterpreter {
  #steps = 0

  override evaluate(statement: unknown, environment: unknown): RuntimeValue {
    const result = super.evaluate(statement, environment)
    this.#steps += 1 + sizeOf(result.value)
    if (this.#steps > stepLimit) throw new Error('it is too much work: shorten its loops, lists or texts')
    return result
  }
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length
  return typeof value === 'string' ? Math.floor(value.length / charactersOfStep) : 0
}

function range(first: number, last?: number, step = 1): number[] {
  const [start, stop] = last === undefined ? [0, first] : [first, last]
  const count = Math.max(0, Math.ceil((stop - start) / step))
  if (!(count <= rangeLimit)) throw new Error('range() makes at most 100,000 numbers')
  return Array.from({ length: count }, (_, index) => start + index * step)
}
