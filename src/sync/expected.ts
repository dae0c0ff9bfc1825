/** Counts what is on its way to a shared request, so that the request can wait for it. */
export interface Expected {
  count(): number
  /**
   * Announces one that may come.
   * @returns to be called when it has come, or will not.
   */
  announce(): () => void
}

export function createExpected(): Expected {
  let count = 0
  return {
    count: () => count,
    announce() {
      count++
      let over = false
      return () => {
        if (!over) count--
        over = true
      }
    },
  }
}
