type Parsed =
  | { readonly params: Record<string, unknown>; readonly problem?: undefined }
  | { readonly params?: undefined; readonly problem: string }

/** Params of a run that were typed as JSON; nothing typed is none. */
export function parseParams(text: string): Parsed {
  if (text.trim() === '') return { params: {} }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { params: { ...value } }
    return { problem: 'Params are a JSON object, such as {"day": "2026-01-01"}.' }
  } catch (error) {
    return { problem: `This is not JSON: ${(error as Error).message}.` }
  }
}
