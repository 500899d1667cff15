import type { Words } from './search-query.ts'

/** What `search.words` in the database takes for a gap between words. */
const gap = /[\s\u0020-\u002f\u003a-\u0060\u007b-\u00bf\u2010-\u206f]+/u

/** PostgreSQL takes no word of more than 2046 bytes; a character has at most four. */
const longestWord = 511

/**
 * For PostgreSQL, or null when there is nothing to look for. Every word may be the beginning of what is found, but for phrases.
 *
 * @param weight Where to look only, such as `A` for names.
 */
export function textQuery(texts: readonly Words[], weight = ''): string | null {
  const parts = texts.flatMap(({ text, isPhrase }) => {
    const words = text.toLowerCase().split(gap).filter(Boolean).map(cut)
    if (words.length === 0) return []
    const [mark, join] = isPhrase ? ['', ' <-> '] : ['*', ' & ']
    const suffix = `${weight}${mark}`
    return [`(${words.map((word) => `'${word}'${suffix === '' ? '' : `:${suffix}`}`).join(join)})`]
  })
  return parts.length === 0 ? null : parts.join(' & ')
}

function cut(word: string): string {
  return word.length <= longestWord ? word : [...word].slice(0, longestWord).join('')
}
