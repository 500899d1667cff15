import { expect, test } from 'vitest'
import { bannerText } from './banner-text.ts'

test('a banner is a warning unless its first line says how grave it is', () => {
  expect(bannerText('The warehouse is slow.')).toEqual({ severity: 'warning', text: 'The warehouse is slow.' })
  expect(bannerText('[!CAUTION]\nNothing runs.')).toEqual({ severity: 'caution', text: 'Nothing runs.' })
  expect(bannerText('> [!note] New: **copies**')).toEqual({ severity: 'note', text: 'New: **copies**' })
  expect(bannerText('See [!NOTE] below')).toEqual({ severity: 'warning', text: 'See [!NOTE] below' })
})
