import { registerHooks } from 'node:module'

const index = '/zod/v4/locales/index.js'
const stand = new URL(`./zod-locales${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url)

/**
 * zod loads the words of its messages in all languages, 60 modules that hardly a task asks for: more than a tenth of what the
 * start of a task's process costs. From here on each is loaded when it is first used. To be called before zod is imported.
 */
export function loadLocalesLazily(): void {
  registerHooks({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      if (!found.url.endsWith(index)) return found
      return { url: `${stand}?zod=${encodeURIComponent(found.url)}`, shortCircuit: true }
    },
  })
}
