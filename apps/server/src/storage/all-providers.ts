import type { StorageProvider } from './provider.ts'
import { azureBlob } from './providers/azure-blob.ts'
import { doi } from './providers/doi.ts'
import { drive } from './providers/drive.ts'
import { dropbox } from './providers/dropbox.ts'
import { ftp } from './providers/ftp.ts'
import { http } from './providers/http.ts'
import { oneDrive } from './providers/one-drive.ts'
import { openbis } from './providers/openbis.ts'
import { protonDrive } from './providers/proton-drive.ts'
import { s3 } from './providers/s3.ts'
import { sftp } from './providers/sftp.ts'
import { polybox, switchDrive } from './providers/shared-folders.ts'
import { webdav } from './providers/webdav.ts'

/** Every type of storage there is. Others, among them those that reach into the machine that mounts them, are refused. */
export const storageProviders: readonly StorageProvider[] = [
  azureBlob,
  doi,
  drive,
  dropbox,
  ftp,
  http,
  oneDrive,
  openbis,
  polybox,
  protonDrive,
  s3,
  sftp,
  switchDrive,
  webdav,
]

export const storageTypes: readonly string[] = storageProviders.map(({ name }) => name)
