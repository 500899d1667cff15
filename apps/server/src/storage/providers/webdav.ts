import type { StorageProvider } from '../provider.ts'

export const webdav: StorageProvider = {
  name: 'webdav',
  description: 'WebDAV',
  blocked: ['bearer_token_command'],
  options: [
    {
      name: 'url',
      help: 'Address of the folder, such as https://cloud.example.com/remote.php/webdav/.',
      required: true,
    },
    {
      name: 'vendor',
      help: 'Software of the server.',
      examples: [
        { value: 'fastmail', help: 'Fastmail Files' },
        { value: 'nextcloud', help: 'Nextcloud' },
        { value: 'owncloud', help: 'Owncloud' },
        { value: 'infinitescale', help: 'Owncloud Infinite Scale' },
        { value: 'sharepoint', help: 'SharePoint online, by an account of Microsoft' },
        { value: 'sharepoint-ntlm', help: 'SharePoint on own servers, by NTLM' },
        { value: 'rclone', help: 'rclone' },
        { value: 'other', help: 'Other' },
      ],
    },
    { name: 'user', help: 'Name of the user.' },
    { name: 'pass', help: 'Password.', password: true },
    { name: 'bearer_token', help: 'Token, instead of user and password.', sensitive: true },
    {
      name: 'headers',
      help: 'Headers to send, as `name,value,name,value`. They may hold passwords and count as such.',
      sensitive: true,
      advanced: true,
    },
    { name: 'owncloud_exclude_shares', help: 'Leave out shares.', type: 'bool', default: false, advanced: true },
    {
      name: 'owncloud_exclude_mounts',
      help: 'Leave out mounted storage.',
      type: 'bool',
      default: false,
      advanced: true,
    },
    { name: 'auth_redirect', help: 'Sign in again after redirects.', type: 'bool', default: false, advanced: true },
  ],
}
