import { RejectedRowsError } from './errors.ts'

export interface RejectedRows {
  readonly quarantinedRows: number
  readonly invalidLines?: number
  readonly importId?: string | null
}

/** @throws RejectedRowsError when there are more of them than `limit` */
export function refuseRejectedRows(dataSource: string, limit: number | undefined, rejected: RejectedRows): void {
  const { quarantinedRows, invalidLines = 0, importId = null } = rejected
  if (limit === undefined || quarantinedRows + invalidLines <= limit) return
  const where = importId === null ? '' : `, import ${importId}`
  throw new RejectedRowsError({
    message:
      `Of the rows sent to ${dataSource}, ${quarantinedRows} went to quarantine and ${invalidLines} could not be parsed; ` +
      `${limit} were allowed. The other rows are written. Look at ${dataSource}_quarantine${where}.`,
    details: { dataSource, quarantinedRows, invalidLines, importId, limit },
  })
}
