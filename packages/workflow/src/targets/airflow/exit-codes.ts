/** Ends of `millrace task run` that other engines read beside 0 and the task's own codes. */
export const taskExitCodes = {
  /** Airflow's own default for "skipped". */
  skipped: 99,
  /** The task waits for something: the result holds `seconds` and `state`. As `EX_TEMPFAIL` of sysexits. */
  deferred: 75,
} as const
