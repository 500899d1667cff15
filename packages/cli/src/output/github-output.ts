import { randomUUID } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { ConfigError } from '@millrace/core'

/**
 * Sets an output of the running step, the way GitHub documents its file of outputs. The delimiter of
 * values of several lines is random, so that no value can end it and set another output.
 */
export async function setGithubOutput(
  name: string,
  value: string,
  path: string | undefined = process.env.GITHUB_OUTPUT,
): Promise<void> {
  if (!/^[A-Za-z_][\w-]*$/.test(name)) {
    throw new ConfigError('INVALID_NAME', {
      message: `"${name}" cannot name an output. Use letters, digits, _ and -, beginning with a letter or _.`,
    })
  }
  if (path === undefined || path === '') {
    throw new ConfigError('NOT_IN_ACTIONS', {
      message: 'GITHUB_OUTPUT is not set: --github-output works in a step of GitHub Actions only.',
    })
  }
  const delimiter = `millrace_${randomUUID()}`
  const text = /[\r\n]/.test(value) ? `${name}<<${delimiter}\n${value}\n${delimiter}\n` : `${name}=${value}\n`
  await appendFile(path, text)
}
