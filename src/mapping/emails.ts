/** The form in which two addresses are the same. */
export const emailKey = (email: string): string => email.trim().toLowerCase()

/** Whether two addresses are one: case does not count. */
export const sameEmail = (one: string, other: string): boolean => emailKey(one) === emailKey(other)

/** Without blanks and repeats; of two spellings the first stays. */
export const uniqueEmails = (emails: string[]): string[] => {
  const byKey = new Map<string, string>()
  for (const email of emails) {
    const key = emailKey(email)
    if (key && !byKey.has(key)) byKey.set(key, email.trim())
  }
  return [...byKey.values()]
}
