import type { StorageProvider } from '../provider.ts'
import { oauthOptions } from './oauth-options.ts'

export const drive: StorageProvider = {
  name: 'drive',
  description: 'Google Drive',
  blocked: ['service_account_file'],
  options: [
    ...oauthOptions,
    {
      name: 'scope',
      help: 'What may be done with the drive.',
      examples: [
        { value: 'drive', help: 'Everything' },
        { value: 'drive.readonly', help: 'Read files and their metadata' },
        { value: 'drive.file', help: 'Use files that were made by the same client' },
        { value: 'drive.appfolder', help: 'Use the folder of the client' },
        { value: 'drive.metadata.readonly', help: 'Read metadata, but no content' },
      ],
    },
    {
      name: 'service_account_credentials',
      help: 'Key of a service account, as JSON.',
      sensitive: true,
      advanced: true,
    },
    { name: 'root_folder_id', help: 'Id of the folder to begin at.', sensitive: true, advanced: true },
    { name: 'team_drive', help: 'Id of the shared drive.', sensitive: true, advanced: true },
    { name: 'resource_key', help: 'Resource key of a shared link.', sensitive: true, advanced: true },
    { name: 'impersonate', help: 'User on whose behalf a service account acts.', sensitive: true, advanced: true },
    { name: 'auth_owner_only', help: 'Show own files only.', type: 'bool', default: false, advanced: true },
    { name: 'use_trash', help: 'Put deleted files into the trash.', type: 'bool', default: true, advanced: true },
    {
      name: 'shared_with_me',
      help: 'Show what others have shared with the user.',
      type: 'bool',
      default: false,
      advanced: true,
    },
    { name: 'skip_gdocs', help: 'Leave out documents of Google.', type: 'bool', default: false, advanced: true },
    {
      name: 'export_formats',
      help: 'Formats in which documents of Google are downloaded, with commas between them.',
      default: 'docx,xlsx,pptx,svg',
      advanced: true,
    },
    { name: 'import_formats', help: 'Formats that become documents of Google when uploaded.', advanced: true },
    {
      name: 'list_chunk',
      help: 'Files that one page of a listing holds, from 100 to 1000; 0 is without pages.',
      type: 'int',
      default: 1000,
      advanced: true,
    },
    { name: 'skip_shortcuts', help: 'Leave out shortcuts.', type: 'bool', default: false, advanced: true },
    {
      name: 'acknowledge_abuse',
      help: 'Also download files that Google takes for malware.',
      type: 'bool',
      default: false,
      advanced: true,
    },
    {
      name: 'env_auth',
      help: 'Take credentials from the environment in which the storage is mounted.',
      type: 'bool',
      default: false,
      advanced: true,
    },
  ],
}
