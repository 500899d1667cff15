import { readFileSync } from 'node:fs'
import { ConfigError } from '@millrace/core'

/** The file that a setting names, such as a certificate. @throws ConfigError `FILE_NOT_READABLE` */
export function readConfigFile(property: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new ConfigError('FILE_NOT_READABLE', {
      message: `The file ${path}, given as ${property}, cannot be read. Check the path and its permissions.`,
      details: { property, path },
      cause,
    })
  }
}
