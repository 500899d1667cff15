import type { Schema } from '../api/index.ts'

type StorageProvider = Schema<'StorageProvider'>
type StorageOption = Schema<'StorageOption'>

/** The option of a type of storage that says who offers it, such as AWS or Ceph of S3; others depend on it. */
export function vendorOption({ options }: StorageProvider): StorageOption | undefined {
  return options.find(({ name, examples }) => name === 'provider' && examples.length > 0)
}

/** JSON Schema of the options of a type of storage, as offered by a vendor. */
export function storageSchema(storage: StorageProvider, vendor: string | undefined): object {
  const options = storage.options.filter((option) => option.name !== 'provider' && isFor(option.provider, vendor))
  // An option can be there several times, each for other vendors.
  const byName = new Map(options.map((option) => [option.name, option]))
  return {
    type: 'object',
    required: [...byName.values()]
      .filter(({ required, default: fallback }) => required && fallback === undefined)
      .map(({ name }) => name),
    properties: Object.fromEntries([...byName.values()].map((option) => [option.name, fieldOf(option, vendor)])),
  }
}

/** Names of options whose values are secrets of each person. */
export function sensitiveNames({ options }: StorageProvider): readonly string[] {
  return options.filter(({ sensitive, ispassword }) => sensitive || ispassword).map(({ name }) => name)
}

const numbers = ['int', 'Duration', 'SizeSuffix', 'MultiEncoder']

function fieldOf(option: StorageOption, vendor: string | undefined): object {
  const { name, help, type, sensitive, ispassword, advanced, exclusive, examples, default: fallback } = option
  const [title = name, ...more] = help.split('\n').filter((line) => line.trim() !== '')
  const fitting = examples.filter((one) => isFor(one.provider, vendor))
  const hints = fitting.slice(0, 4).map(({ value }) => value)
  const description = [
    more.join(' ').slice(0, 300),
    ...(fitting.length > 0 && !exclusive && type !== 'bool'
      ? [`Such as ${hints.filter((hint) => hint !== '').join(', ')}.`]
      : []),
  ].filter((text) => text !== '' && text !== 'Such as .')
  const isText = type !== 'bool' && !numbers.includes(type)
  return {
    title: title.replace(/\.$/, ''),
    type: type === 'bool' ? 'boolean' : numbers.includes(type) ? 'integer' : 'string',
    ...(description.length === 0 ? {} : { description: description.join(' ') }),
    ...(exclusive && fitting.length > 0 ? { enum: fitting.map(({ value }) => value) } : {}),
    ...(sensitive || ispassword ? { writeOnly: true } : {}),
    ...(advanced ? { 'x-advanced': true } : {}),
    ...(fallback === undefined || fallback === '' || (isText && typeof fallback !== 'string')
      ? {}
      : { default: fallback }),
  }
}

/** `A,B`: of these vendors only; `!A,B`: of all but these; empty: of all. */
function isFor(bound: string, vendor = ''): boolean {
  if (bound === '') return true
  const isNegated = bound.startsWith('!')
  const names = (isNegated ? bound.slice(1) : bound).split(',')
  return names.includes(vendor) !== isNegated
}
