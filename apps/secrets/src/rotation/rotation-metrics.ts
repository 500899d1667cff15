export interface RotationMetrics {
  state: 'idle' | 'running' | 'done' | 'failed'
  /** Values that this process wrapped anew. */
  rotated: number
  /** Values that opened with none of the keys. */
  failed: number
}

const states = ['idle', 'running', 'done', 'failed'] as const

/** For Prometheus. */
export function rotationExposition({ state, rotated, failed }: RotationMetrics, remaining: number): string {
  return [
    '# HELP secrets_rotation_state What the rotation of this process does: 1 for the state it is in.',
    '# TYPE secrets_rotation_state gauge',
    ...states.map((one) => `secrets_rotation_state{state="${one}"} ${one === state ? 1 : 0}`),
    '# HELP secrets_rotation_count Values that this process wrapped anew, or could not open.',
    '# TYPE secrets_rotation_count counter',
    `secrets_rotation_count{result="rotated"} ${rotated}`,
    `secrets_rotation_count{result="failed"} ${failed}`,
    '# HELP secrets_rotation_remaining Values that are not sealed with the present key.',
    '# TYPE secrets_rotation_remaining gauge',
    `secrets_rotation_remaining ${remaining}`,
    '',
  ].join('\n')
}
