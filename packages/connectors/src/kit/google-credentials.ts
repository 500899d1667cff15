import { readFile } from 'node:fs/promises'
import { ConfigError } from '@millrace/core'

/** The content of a credentials file of Google Cloud, of any of its types. */
export type GoogleCredentials = Readonly<Record<string, unknown>>

/** @throws ConfigError `INVALID_CREDENTIALS` */
export function parseGoogleCredentials(
  json: string,
  origin = 'GOOGLE_APPLICATION_CREDENTIALS_JSON',
): GoogleCredentials {
  try {
    const parsed: unknown = JSON.parse(json)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as GoogleCredentials
  } catch {
    // The parser's message repeats a part of the text.
  }
  throw new ConfigError('INVALID_CREDENTIALS', {
    message: `${origin} is not the JSON of a service account’s key. Give the whole content of such a file, or its path in GOOGLE_APPLICATION_CREDENTIALS.`,
  })
}

/** @throws ConfigError `CREDENTIALS_REQUIRED`, `INVALID_CREDENTIALS` */
export async function readGoogleCredentials(path: string): Promise<GoogleCredentials> {
  const json = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError('CREDENTIALS_REQUIRED', {
      message: `The credentials file "${path}" cannot be read (${error.code}). Set GOOGLE_APPLICATION_CREDENTIALS to the path of a service account’s key, or GOOGLE_APPLICATION_CREDENTIALS_JSON to its content.`,
      cause: error,
    })
  })
  return parseGoogleCredentials(json, `The file "${path}"`)
}

/**
 * Gives credentials to a driver that was made without any. Its options for them are deprecated, and
 * each use of one prints so.
 */
export function useGoogleCredentials(driver: { readonly authClient: object }, credentials: GoogleCredentials): void {
  Object.assign(driver.authClient, { jsonContent: credentials })
}
