import { notifications } from '@mantine/notifications'

/** Says what went wrong with something that the person asked for and that has no place on the page of its own. */
export function showFailure(error: Error): void {
  notifications.show({ color: 'red', title: 'That did not work', message: error.message, autoClose: 12_000 })
}
