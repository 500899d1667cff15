import type { StorageProvider } from '../provider.ts'

export const openbis: StorageProvider = {
  name: 'openbis',
  description: 'openBIS',
  options: [
    { name: 'host', help: 'Name of the server, such as openbis.example.com.', required: true },
    { name: 'session_token', help: 'Token of a session.', required: true, sensitive: true },
  ],
}
