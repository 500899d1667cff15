import { expect, it } from 'vitest'
import { isShownImage } from './is-shown-image.ts'

const origin = 'https://millrace.example.com'

it.each([
  ['data:image/png;base64,AA==', true],
  ['/pictures/plan.png', true],
  ['plan.png', true],
  ['https://millrace.example.com/plan.png', true],
  ['https://elsewhere.example.com/pixel.gif', false],
  ['//elsewhere.example.com/pixel.gif', false],
  ['http://millrace.example.com/plan.png', false],
  ['/api/auth/login', false],
  ['data:text/html,<script>1</script>', false],
  ['javascript:1', false],
])('shows %s: %s', (src, isShown) => {
  expect(isShownImage(src, origin)).toBe(isShown)
})
