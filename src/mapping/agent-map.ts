import { sameEmail } from './emails.ts'

/**
 * The Kustomer user who gets an agent's calls. The connection's own map decides first (`null` = nobody), else the
 * user with the agent's email. `userIdByEmail` is asked in lower case.
 */
export const kustomerUserFor = (
  agentEmail: string | null | undefined,
  agentMap: Readonly<Record<string, string | null>>,
  userIdByEmail: (email: string) => string | undefined,
): string | undefined => {
  if (!agentEmail) return undefined
  const mapped = Object.entries(agentMap).find(([email]) => sameEmail(email, agentEmail))
  const userEmail = mapped ? mapped[1] : agentEmail
  return userEmail === null ? undefined : userIdByEmail(userEmail.trim().toLowerCase())
}
