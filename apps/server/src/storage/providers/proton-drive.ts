import type { StorageProvider } from '../provider.ts'

export const protonDrive: StorageProvider = {
  name: 'protondrive',
  description: 'Proton Drive',
  options: [
    { name: 'username', help: 'Name of the account.', required: true },
    { name: 'password', help: 'Password of the account.', required: true, password: true },
    { name: '2fa', help: 'Code of the second factor, which is good once.', sensitive: true },
    { name: 'otp_secret_key', help: 'Key from which codes of the second factor are made.', password: true },
    {
      name: 'mailbox_password',
      help: 'Password of the mailbox, for accounts with two.',
      password: true,
      advanced: true,
    },
    { name: 'original_file_size', help: 'Show sizes before encryption.', type: 'bool', default: true, advanced: true },
    {
      name: 'enable_caching',
      help: 'Keep metadata, when nobody else writes.',
      type: 'bool',
      default: true,
      advanced: true,
    },
    {
      name: 'replace_existing_draft',
      help: 'Put uploads in the place of unfinished ones of the same name.',
      type: 'bool',
      default: false,
      advanced: true,
    },
  ],
}
