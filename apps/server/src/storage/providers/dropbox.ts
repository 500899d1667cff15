import type { StorageProvider } from '../provider.ts'
import { oauthOptions } from './oauth-options.ts'

export const dropbox: StorageProvider = {
  name: 'dropbox',
  description: 'Dropbox',
  options: [
    ...oauthOptions,
    { name: 'impersonate', help: 'Member of a business team on whose behalf to act.', sensitive: true, advanced: true },
    {
      name: 'impersonate_admin',
      help: 'Administrator of a business team on whose behalf to act.',
      sensitive: true,
      advanced: true,
    },
    { name: 'shared_files', help: 'Show single files that were shared.', type: 'bool', default: false, advanced: true },
    { name: 'shared_folders', help: 'Show folders that were shared.', type: 'bool', default: false, advanced: true },
    { name: 'root_namespace', help: 'Id of the namespace to begin at.', advanced: true },
    {
      name: 'skip_exports',
      help: 'Leave out documents that need an export.',
      type: 'bool',
      default: false,
      advanced: true,
    },
  ],
}
