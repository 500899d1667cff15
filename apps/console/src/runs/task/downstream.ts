/** A node and all that comes after it. */
export function downstreamOf(
  edges: readonly { readonly from: string; readonly to: string }[],
  node: string,
): ReadonlySet<string> {
  const after = Map.groupBy(edges, ({ from }) => from)
  const found = new Set([node])
  // A set hands out what is added while it is gone through.
  for (const one of found) for (const { to } of after.get(one) ?? []) found.add(to)
  return found
}
