import { Button, Code, Group, Modal, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRouterState } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { queryClient, sessionQuery, useUser } from '../api/index.ts'
import { restartLive } from '../live/index.ts'

/**
 * In the middle of work the session may end. The page stays as it is, with what was typed, until the person has signed in
 * again: in another tab, or here. Somebody else who signs in gets a page of their own.
 */
export function SessionEnded() {
  const user = useUser()
  const session = useQuery({ ...sessionQuery, refetchOnWindowFocus: 'always' })
  const href = useRouterState({ select: ({ location }) => location.href })
  const isOver = session.data !== undefined && session.data.user === undefined
  const wasOver = useRef(false)
  const owner = useRef(user.id)
  useEffect(() => {
    if (user.id !== owner.current) location.reload()
    else if (wasOver.current && !isOver) {
      void queryClient.invalidateQueries()
      restartLive()
    }
    wasOver.current = isOver
  }, [isOver, user.id])

  const signInUrl = session.data?.sign_in_url
  return (
    <Modal opened={isOver} onClose={() => {}} withCloseButton={false} title="Your session has ended" centered>
      {signInUrl === undefined ? (
        <Text size="sm">
          Run <Code>millrace console</Code> in the folder of the server: it opens the console in another tab, signed in.
          Then come back to this one; what you typed stays here.
        </Text>
      ) : (
        <Text size="sm">Sign in again in another tab, and come back: what you typed stays here.</Text>
      )}
      <Group mt="md" justify="flex-end">
        <Button variant="default" loading={session.isFetching} onClick={() => void session.refetch()}>
          I have signed in
        </Button>
        {signInUrl !== undefined && (
          <>
            <Button variant="default" component="a" href={`${signInUrl}?next=${encodeURIComponent(href)}`}>
              Sign in here
            </Button>
            <Button component="a" href={signInUrl} target="_blank" rel="noopener">
              Sign in in a new tab
            </Button>
          </>
        )}
      </Group>
    </Modal>
  )
}
