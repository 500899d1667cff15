import { describe, expect, it } from 'vitest'
import { configOf, draftOf, emptyDraft, missingOf, suggestedName } from './copy-draft.ts'

const draft = { ...emptyDraft, source: 'shop', destination: 'lake', tables: ['public.orders'] }

describe('the form of a copy', () => {
  it('says only what is not so anyway', () => {
    expect(configOf(draft, false)).toEqual({
      from: { connection: 'shop', table: 'public.orders' },
      to: { connection: 'lake' },
    })
    expect(configOf({ ...draft, tables: ['sales.*'], toPath: 'out/', format: 'parquet' }, true)).toEqual({
      from: { connection: 'shop', tables: ['sales.*'] },
      to: { connection: 'lake', path: 'out/', format: 'parquet' },
    })
  })

  it('takes saved configurations up again, with what it does not show', () => {
    const config = {
      from: { connection: 'shop', query: 'select 1 as one', header: false },
      to: { connection: 'lake', table: 'raw.one', partitionBy: ['day'] },
      mode: 'merge',
      key: ['id'],
      cursor: 'changed_at',
      lookback: 60,
      verify: 'content',
      contract: 'freeze',
      onUnrepresentable: 'text',
      allowEmpty: true,
      parallel: 4,
      retries: 5,
    }
    expect(configOf(draftOf(config), false)).toEqual(config)
  })

  it('knows what older names and defaults of modes mean', () => {
    const ends = { from: { connection: 'a' }, to: { connection: 'b' } }
    expect(draftOf({ ...ends, mode: 'OVERWRITE' }).mode).toBe('replace')
    expect(draftOf({ ...ends, cursor: 'at', key: 'id' })).toMatchObject({ mode: 'merge', key: ['id'] })
    expect(draftOf({ ...ends, cursor: 'at' }).mode).toBe('append')
  })

  it('says what is still needed, and suggests a name', () => {
    expect(missingOf(emptyDraft, false)).toBe('Choose a source.')
    expect(missingOf({ ...draft, tables: [] }, false)).toBe('Choose at least one table.')
    expect(missingOf(draft, false)).toBeUndefined()
    expect(missingOf(draft, true)).toBe('Say which file or folder is written.')
    expect(suggestedName(draft)).toBe('orders-to-lake')
    expect(suggestedName({ ...draft, tables: ['a', 'b'], destination: 'My Lake' })).toBe('tables-to-my-lake')
  })
})
