/** Key of an attempt's log in the artifact store: lines of JSON, see LogEntry. */
export function logKey({
  runId,
  taskRunId,
  attempt,
}: {
  readonly runId: number
  readonly taskRunId: number
  readonly attempt: number
}): string {
  return `${runFolder(runId)}/logs/${taskRunId}-${attempt}.ndjson`
}

/** Everything of a run in the artifact store. */
export function runFolder(runId: number): string {
  return `runs/${runId}`
}
