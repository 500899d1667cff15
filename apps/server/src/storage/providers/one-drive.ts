import type { StorageProvider } from '../provider.ts'
import { oauthOptions } from './oauth-options.ts'

export const oneDrive: StorageProvider = {
  name: 'onedrive',
  description: 'Microsoft OneDrive',
  options: [
    ...oauthOptions,
    {
      name: 'region',
      help: 'Which national cloud the drive is in.',
      default: 'global',
      exclusive: true,
      examples: [
        { value: 'global', help: 'None in particular' },
        { value: 'us', help: 'Government of the United States' },
        { value: 'de', help: 'Germany' },
        { value: 'cn', help: 'China' },
      ],
    },
    { name: 'tenant', help: 'Id of the tenant of the service principal.', sensitive: true },
    { name: 'drive_id', help: 'Id of the drive.', sensitive: true, advanced: true },
    {
      name: 'drive_type',
      help: 'Kind of the drive.',
      advanced: true,
      exclusive: true,
      examples: [
        { value: 'personal', help: 'Of a person' },
        { value: 'business', help: 'Of an organisation' },
        { value: 'documentLibrary', help: 'Library of a site' },
      ],
    },
    { name: 'root_folder_id', help: 'Id of the folder to begin at.', sensitive: true, advanced: true },
    { name: 'access_scopes', help: 'Scopes to ask for, with spaces between them.', advanced: true },
    { name: 'expose_onenote_files', help: 'Also show notebooks.', type: 'bool', default: false, advanced: true },
    { name: 'list_chunk', help: 'Files that one page of a listing holds.', type: 'int', default: 1000, advanced: true },
    {
      name: 'no_versions',
      help: 'Remove former versions of what is written.',
      type: 'bool',
      default: false,
      advanced: true,
    },
    { name: 'hard_delete', help: 'Delete for good.', type: 'bool', default: false, advanced: true },
    { name: 'link_password', help: 'Password of links that are made.', sensitive: true, advanced: true },
    {
      name: 'hash_type',
      help: 'Which hash files are compared by.',
      default: 'auto',
      advanced: true,
      exclusive: true,
      examples: [
        { value: 'auto', help: 'The best there is' },
        { value: 'quickxor', help: 'QuickXor' },
        { value: 'sha1', help: 'SHA-1' },
        { value: 'sha256', help: 'SHA-256' },
        { value: 'crc32', help: 'CRC-32' },
        { value: 'none', help: 'None' },
      ],
    },
  ],
}
