import { Button, Center, Code, Paper, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { sessionQuery } from '../api/index.ts'
import { Loaded } from '../ui/index.ts'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  useDocumentTitle('Sign in · Millrace')
  const { to = '/' } = route.useSearch()
  const session = useQuery(sessionQuery)
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder p="xl" w={420} maw="100%">
        <Stack>
          <Title order={1}>Millrace</Title>
          <Loaded query={session} lines={1}>
            {({ user, sign_in_url }) => {
              if (user !== undefined) {
                return (
                  <Button component={Link} to="/">
                    Go on as {user.name}
                  </Button>
                )
              }
              if (sign_in_url !== undefined) {
                return (
                  <Button component="a" href={`${sign_in_url}?next=${encodeURIComponent(to)}`}>
                    Sign in
                  </Button>
                )
              }
              return (
                <Text size="sm">
                  This server signs you in by a link that is good once. Run <Code>millrace console</Code> in the folder
                  where <Code>millrace dev</Code> runs: it opens the console, signed in.
                </Text>
              )
            }}
          </Loaded>
        </Stack>
      </Paper>
    </Center>
  )
}
