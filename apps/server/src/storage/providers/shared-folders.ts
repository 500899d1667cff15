import type { StorageProvider } from '../provider.ts'

/** Clouds of universities that speak WebDAV at a known address. */
export const polybox = sharedFolders('polybox', 'PolyBox', 'https://polybox.ethz.ch')
export const switchDrive = sharedFolders('switchDrive', 'SwitchDrive', 'https://drive.switch.ch')

function sharedFolders(name: string, title: string, site: string): StorageProvider {
  return {
    name,
    description: title,
    options: [
      {
        name: 'provider',
        help: 'Whether the folder is an own one or was shared by a link.',
        required: true,
        exclusive: true,
        examples: [
          { value: 'personal', help: 'An own folder' },
          { value: 'shared', help: 'A folder that was shared by a link' },
        ],
      },
      { name: 'user', help: 'Name of the user.', required: true, provider: 'personal' },
      {
        name: 'pass',
        help: 'Password of the account; better one that was made for this use only.',
        password: true,
        provider: 'personal',
      },
      {
        name: 'public_link',
        help: 'The link that was shared.',
        required: true,
        provider: 'shared',
        examples: [{ value: `${site}/index.php/s/8NffJ3rFyHaVyuX`, help: 'A link' }],
      },
      { name: 'pass', help: 'Password of the link, if it has one.', password: true, provider: 'shared' },
    ],
  }
}
