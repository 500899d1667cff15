import { parseTemplate, type TemplateContext } from '@millrace/core'
import type { Notification } from './notify.ts'

/** Fills in the templates that title, text, fields and link may be. */
export function renderNotification(template: Notification, context: TemplateContext): Notification {
  const fill = (text: string, what: string) => parseTemplate(text, what).render(context)
  const { level, title, text, fields, link } = template
  return {
    level,
    title: fill(title, 'The title'),
    ...(text === undefined ? {} : { text: fill(text, 'The text') }),
    ...(fields === undefined
      ? {}
      : {
          fields: Object.fromEntries(
            Object.entries(fields).map(([name, value]) => [name, fill(value, `The field "${name}"`)]),
          ),
        }),
    ...(link === undefined
      ? {}
      : { link: { title: fill(link.title, 'The link’s title'), url: fill(link.url, 'The link') } }),
  }
}
