import type { StorageProvider } from '../provider.ts'

export const ftp: StorageProvider = {
  name: 'ftp',
  description: 'FTP',
  options: [
    { name: 'host', help: 'Name or address of the server, such as ftp.example.com.', required: true },
    { name: 'user', help: 'Name of the user.', sensitive: true },
    { name: 'port', help: 'Port of the server.', type: 'int', default: 21 },
    { name: 'pass', help: 'Password.', password: true },
    { name: 'tls', help: 'TLS from the first byte, as a rule at port 990.', type: 'bool', default: false },
    { name: 'explicit_tls', help: 'TLS after a plain beginning.', type: 'bool', default: false },
    {
      name: 'concurrency',
      help: 'Connections at the same time; 0 is without a limit.',
      type: 'int',
      default: 0,
      advanced: true,
    },
    {
      name: 'no_check_certificate',
      help: 'Accept every certificate. Then nobody knows whom the password is sent to.',
      type: 'bool',
      default: false,
      advanced: true,
    },
    { name: 'disable_epsv', help: 'Do not use EPSV.', type: 'bool', default: false, advanced: true },
    { name: 'disable_mlsd', help: 'Do not use MLSD.', type: 'bool', default: false, advanced: true },
    { name: 'disable_utf8', help: 'Do not use UTF-8.', type: 'bool', default: false, advanced: true },
    { name: 'force_list_hidden', help: 'Also list hidden files.', type: 'bool', default: false, advanced: true },
    { name: 'socks_proxy', help: 'A SOCKS 5 proxy, such as proxy.example.com:1080.', sensitive: true, advanced: true },
    { name: 'http_proxy', help: 'A proxy that knows CONNECT.', sensitive: true, advanced: true },
  ],
}
