/** Stands for a secret that is stored and that nobody is shown; sent back, it means: as it is. */
export const keptSecret = '<sensitive>'

export function isKeptSecret(value: unknown): boolean {
  return value === keptSecret
}
