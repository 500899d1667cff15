import { levelMarks } from '../kit/create-notify.ts'
import type { Notification } from '../kit/notify.ts'

const colours = { info: '#1f6feb', success: '#1a7f37', warning: '#9a6700', error: '#cf222e' } as const

/** The message as plain text, for readers that show no HTML. */
export function plainText({ title, text, fields, link }: Notification): string {
  const parts = [title]
  if (text) parts.push(text)
  const table = Object.entries(fields ?? {}).map(([name, value]) => `${name}: ${value}`)
  if (table.length > 0) parts.push(table.join('\n'))
  if (link) parts.push(`${link.title}: ${link.url}`)
  return `${parts.join('\n\n')}\n`
}

/** The same as HTML, in which nothing given can be markup. Only http, https and mailto links become links. */
export function htmlText({ level, title, text, fields, link }: Notification): string {
  const parts = [`<h2 style="color:${colours[level]};margin:0 0 12px">${levelMarks[level]} ${escapeHtml(title)}</h2>`]
  if (text) parts.push(`<p style="white-space:pre-wrap;margin:0 0 12px">${escapeHtml(text)}</p>`)
  const rows = Object.entries(fields ?? {}).map(
    ([name, value]) =>
      `<tr><th style="text-align:left;padding:2px 12px 2px 0">${escapeHtml(name)}</th><td style="white-space:pre-wrap">${escapeHtml(value)}</td></tr>`,
  )
  if (rows.length > 0) parts.push(`<table style="border-collapse:collapse;margin:0 0 12px">${rows.join('')}</table>`)
  if (link) {
    const safe = /^(?:https?|mailto):/i.test(link.url)
    parts.push(
      safe
        ? `<p><a href="${escapeHtml(link.url)}">${escapeHtml(link.title)}</a></p>`
        : `<p>${escapeHtml(`${link.title}: ${link.url}`)}</p>`,
    )
  }
  return `<div style="font-family:sans-serif;font-size:14px">${parts.join('')}</div>`
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
