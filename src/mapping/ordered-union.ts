/**
 * Two lists as one: the leader's order stands, and what only the follower has comes after the item that it follows
 * there. Where the lists do not contradict each other, each one's order is kept, so neither is rewritten for nothing.
 */
export const orderedUnion = (leader: readonly string[], follower: readonly string[]): string[] => {
  const union = [...new Set(leader)]
  const followed = new Set(follower)
  let at = 0
  for (const item of followed) {
    const found = union.indexOf(item)
    if (found >= 0) {
      at = found + 1
      continue
    }
    // Of two additions at one place the leader's goes first.
    while (at < union.length && !followed.has(union[at] ?? '')) at++
    union.splice(at, 0, item)
    at++
  }
  return union
}
