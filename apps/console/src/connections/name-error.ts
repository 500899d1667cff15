/** What is wrong with a name that was typed. */
export function nameError(name: string, refused: Error | null): string | undefined {
  if (name !== '' && !/^[\w.:/-]+$/.test(name)) return 'Use letters, digits and . _ : / - only, and no spaces.'
  if (refused !== null && /There is a connection "/.test(refused.message)) return refused.message
  return undefined
}
