let count = 0

/** Of a card that is not saved; no id of the server looks like it. */
export function newKey(): string {
  count += 1
  return `card-${count}`
}
