import { Alert, Button, Text } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { connection, useIsConnected } from '../api/index.ts'
import { RoutePending } from './route-pending.tsx'

const name = 'MissingPartError'
const loadedAgainFor = 'millrace:loaded-again-for'

/**
 * Gives the error of a part of the console that did not come a name of its own. The router knows it by the words of the browser,
 * and would load the whole page again whatever the cause: while the server is away, nothing but the browser's own page is left.
 */
export function nameMissingParts(): void {
  window.addEventListener('vite:preloadError', ({ payload }) => {
    payload.name = name
    payload.message = `A part of the page did not come. ${payload.message}`
  })
}

export function isMissingPart(error: unknown): error is Error {
  return error instanceof Error && error.name === name
}

/**
 * In place of a page of which a part did not come: the console was built anew since it was opened, or the server is away. Loads
 * the page again by itself as soon as the server answers, once, since a build that lacks the part would have it do so for ever.
 */
export function MissingPart({ error }: { readonly error: Error }) {
  const isConnected = useIsConnected()
  const [isMissed, setMissed] = useState(false)
  useEffect(() => {
    if (!isConnected) return
    let isShown = true
    void connection.doubt().then(() => {
      if (!isShown || connection.isLost()) return
      if (sessionStorage.getItem(loadedAgainFor) === error.message) return setMissed(true)
      sessionStorage.setItem(loadedAgainFor, error.message)
      window.location.reload()
    })
    return () => {
      isShown = false
    }
  }, [isConnected, error])
  if (isConnected && !isMissed) return <RoutePending />
  return (
    <Alert
      role="alert"
      color={isConnected ? 'red' : 'yellow'}
      icon={<IconRefresh aria-hidden />}
      title={isConnected ? 'A part of this page is missing' : 'The server cannot be reached'}
    >
      <Text size="sm" mb="xs">
        {isConnected
          ? 'The console was built anew on the server since you opened it, or its build is not complete. Load the page again; if that does not help, tell whoever runs the server.'
          : 'This page was not loaded yet, and opens by itself when the server is back.'}
      </Text>
      <Button size="xs" variant="default" onClick={() => window.location.reload()}>
        Reload
      </Button>
    </Alert>
  )
}
