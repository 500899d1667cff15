/** An error of ClickHouse, with its own code and message: `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** The same shape for what is refused before ClickHouse sees it. */
export function refusal(code: number, name: string, message: string): EngineError {
  return new EngineError(code, `Code: ${code}. DB::Exception: ${message} (${name})`)
}
