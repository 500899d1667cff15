/** Statuses of errors of the engine; the others go by how to recover, see `errorAnswer`. */
export const statusByCode: Readonly<Record<string, number>> = {
  ARTIFACT_GAP: 409,
  ARTIFACT_MISSING: 404,
  ATTEMPT_LOST: 409,
  BACKFILL_MISSING: 404,
  BACKFILL_OVER: 409,
  KEY_NOT_SET: 503,
  MANIFEST_INVALID: 422,
  NODE_MISSING: 404,
  PACKAGE_MISSING: 409,
  RUN_MISSING: 404,
  SECRETS_SERVICE_NOT_SET: 503,
  SECRETS_SERVICE_REFUSES: 503,
  TASK_NOT_PAUSED: 409,
  TASK_RUN_ACTIVE: 409,
  // Of a text that is encrypted: a key is wrong, or the database is damaged.
  TOKEN_INVALID: 500,
  WORKFLOW_MISSING: 404,
  WORKFLOW_VERSION_EXISTS: 409,
  WORKFLOW_VERSION_MISSING: 404,
}
