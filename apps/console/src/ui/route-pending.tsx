import { Center, Loader } from '@mantine/core'

/** While the code of a page comes. */
export function RoutePending() {
  return (
    <Center mih={200}>
      <Loader role="status" aria-label="Loading" />
    </Center>
  )
}
