type Fields = Readonly<Record<string, unknown>>

/**
 * What differs, a line each: `- run_frequency: "daily"`, `+ run_frequency: "weekly"`. Maps are compared by their fields, and
 * lists by what only one of them has.
 */
export function differenceLines(before: unknown, after: unknown, path = ''): readonly string[] {
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, wanted] = [before.map(textOf), after.map(textOf)]
    const lines = [...linesOf('-', path, without(old, wanted)), ...linesOf('+', path, without(wanted, old))]
    // The same in another order.
    return lines.length > 0 || textOf(before) === textOf(after)
      ? lines
      : [...linesOf('-', path, [textOf(before)]), ...linesOf('+', path, [textOf(after)])]
  }
  if (isFields(before) && isFields(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)])
    return [...names].flatMap((name) =>
      differenceLines(before[name], after[name], path === '' ? name : `${path}.${name}`),
    )
  }
  const [old, wanted] = [textOf(before), textOf(after)]
  if (old === wanted) return []
  return [
    ...(before === undefined ? [] : linesOf('-', path, [old])),
    ...(after === undefined ? [] : linesOf('+', path, [wanted])),
  ]
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? ''
}

/** Each of `others` takes one of its kind away. */
function without(texts: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others]
  return texts.filter((text) => {
    const at = left.indexOf(text)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function linesOf(mark: '-' | '+', path: string, texts: readonly string[]): readonly string[] {
  return texts.map((text) => `${mark} ${path}: ${text}`)
}
