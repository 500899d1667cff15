import { levelMarks, shorten } from '../kit/create-notify.ts'
import type { Notification } from '../kit/notify.ts'

/** Slack's markup knows three special characters; without them no text can mention anybody or make a link. */
export function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * A message in Block Kit, and the plain text that notifications on a phone show. Limits by Slack's
 * documentation: 150 characters in a header, 3,000 in a section, 10 fields of 2,000.
 */
export function slackMessage({ level, title, text, fields, link }: Notification): object {
  const marked = `${levelMarks[level]} ${title}`
  const blocks: object[] = [{ type: 'header', text: { type: 'plain_text', text: shorten(marked, 150), emoji: true } }]
  if (text) blocks.push({ type: 'section', text: { type: 'mrkdwn', text: cut(escapeSlack(text), 3000) } })
  const entries = Object.entries(fields ?? {})
  for (let at = 0; at < entries.length; at += 10) {
    blocks.push({
      type: 'section',
      fields: entries
        .slice(at, at + 10)
        .map(([name, value]) => ({ type: 'mrkdwn', text: cut(`*${escapeSlack(name)}*\n${escapeSlack(value)}`, 2000) })),
    })
  }
  if (link) {
    const address = encodeURI(decodeSafely(link.url)).replaceAll('|', '%7C')
    const label = escapeSlack(link.title).replaceAll('|', '¦')
    blocks.push({ type: 'section', text: { type: 'mrkdwn', text: cut(`<${address}|${label}>`, 3000) } })
  }
  return { text: escapeSlack(marked), blocks: blocks.slice(0, 50) }
}

/** Never in the middle of an entity. */
function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/&[a-z]{0,3}$/, '')}…`
}

function decodeSafely(url: string): string {
  try {
    return decodeURI(url)
  } catch {
    return url
  }
}
