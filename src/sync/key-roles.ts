/** What the Kustomer API key must be allowed (requirements §5). */
export const KEY_ROLES = ['org.admin', 'org.permission', 'org.user'] as const

/** Which of them a key lacks; a role covers those below it by its first parts, as `org.user` is had by `org.user.read`. */
export const missingRoles = (held: readonly string[]): string[] =>
  KEY_ROLES.filter((role) => !held.some((own) => own === role || role.startsWith(`${own}.`)))
