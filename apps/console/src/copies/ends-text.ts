/** From where to where, in a line: `shop / public.orders → lake / orders/`. */
export function endsText(config: Readonly<Record<string, unknown>>): string {
  const [from, to] = [config.from, config.to].map((end) => (end ?? {}) as Readonly<Record<string, unknown>>)
  const tables = Array.isArray(from?.tables) ? from.tables.map(String) : undefined
  const what =
    from?.table ??
    (tables === undefined ? undefined : tables.length > 2 ? `${tables.length} tables` : tables.join(', ')) ??
    (from?.query === undefined ? undefined : 'a query') ??
    from?.path
  return `${part(from?.connection, what)} → ${part(to?.connection, to?.table ?? to?.path)}`
}

function part(connection: unknown, what: unknown): string {
  return what === undefined ? `${connection as string}` : `${connection as string} / ${what as string}`
}
