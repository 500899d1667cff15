import type { StorageProvider } from '../provider.ts'

export const http: StorageProvider = {
  name: 'http',
  description: 'Files of a web server',
  options: [
    { name: 'url', help: 'Address of the folder, such as https://data.example.com/files/.', required: true },
    {
      name: 'headers',
      help: 'Headers to send, as `name,value,name,value`. They may hold passwords and count as such.',
      sensitive: true,
      advanced: true,
    },
    { name: 'no_escape', help: 'Send paths as they are, without escapes.', type: 'bool', default: false },
    {
      name: 'no_slash',
      help: 'For servers whose folders do not end in a slash.',
      type: 'bool',
      default: false,
      advanced: true,
    },
    {
      name: 'no_head',
      help: 'Do not ask for the size of each file, which makes listings fast.',
      type: 'bool',
      default: false,
      advanced: true,
    },
  ],
}
