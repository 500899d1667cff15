// Writes the guide of operators, which is derived from them. Run with:
//   node --conditions=@millrace/source packages/operators/script/generate-guide.ts
import { writeFileSync } from 'node:fs'
import { operatorsGuide } from '../src/operators-guide.ts'

writeFileSync(new URL('../../../docs/guides/operators.md', import.meta.url), operatorsGuide())
