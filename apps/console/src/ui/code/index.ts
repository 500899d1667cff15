export { CodeText } from './code-text.tsx'
export { TextDifference } from './text-difference.tsx'
