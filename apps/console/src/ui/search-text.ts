/**
 * A search for what is of a type and has words that begin so, also within a namespace (`bank / ledg`). What is typed here is no
 * part of the language of the search.
 */
export function searchText(type: 'Project' | 'DataConnector', text: string): string {
  const [, namespace, rest = text] = /^([\w.-]+)\s*\/(.*)$/u.exec(text) ?? []
  const words = rest.match(/[\p{L}\p{N}]+/gu) ?? []
  return [`type:${type}`, ...(namespace === undefined ? [] : [`namespace:"${namespace}"`]), ...words].join(' ')
}
