/** The HTTP status that ClickHouse answers with for a code of its own. */
const statuses = new Map<number, number>([
  [194, 401],
  ...[192, 193, 516, 497].map((code) => [code, 403] as const),
  ...[46, 47, 50, 56, 60, 63, 73, 78, 81, 110, 115, 336, 655].map((code) => [code, 404] as const),
  [48, 501],
  [159, 408],
  [209, 503],
  [241, 500],
  [381, 411],
])

const requestFaults = new Set([
  6, 16, 20, 25, 26, 27, 34, 35, 36, 38, 41, 42, 43, 44, 51, 53, 62, 69, 70, 72, 117, 130, 131, 153, 176, 184, 190, 215,
  403, 427, 441, 456, 457, 581, 636,
])

export function statusOf(code: number): number {
  return statuses.get(code) ?? (requestFaults.has(code) ? 400 : 500)
}
