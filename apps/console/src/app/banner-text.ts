export interface BannerText {
  readonly severity: 'note' | 'warning' | 'caution'
  readonly text: string
}

/** A banner may say in its first line how grave it is, as notes in Markdown do: `[!NOTE]`, `[!WARNING]`, `[!CAUTION]`. */
export function bannerText(given: string): BannerText {
  const [mark, severity] = /^\s*(?:>\s*)?\[!(NOTE|WARNING|CAUTION)\]\s*/i.exec(given) ?? []
  if (mark === undefined || severity === undefined) return { severity: 'warning', text: given }
  return { severity: severity.toLowerCase() as BannerText['severity'], text: given.slice(mark.length) }
}
