import { createClient } from '@millrace/client'

let csrfToken: string | undefined

/** The server refuses a change by a cookie alone; this is what the session told for it. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token
}

/** The API of the server that served this page, as the person whose cookie this browser has. */
export const api = createClient({
  url: location.origin,
  fetch: (request) => {
    if (csrfToken !== undefined && request.method !== 'GET') request.headers.set('x-csrf-token', csrfToken)
    return fetch(request)
  },
})
