export {
  ConfigError,
  DataError,
  type ErrorOptions,
  FatalError,
  isMillraceError,
  MillraceError,
  TransientError,
} from './errors.ts'
