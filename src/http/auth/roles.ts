/** Requirements §6: the three kinds of people. */
export const ROLES = ['admin', 'supervisor', 'agent'] as const
export type Role = (typeof ROLES)[number]

/** What somebody may do, by who may. */
const ABILITIES = {
  /** Look up contacts, calls and messages, and what became of them. */
  look: ['admin', 'supervisor', 'agent'],
  /** See how the whole does: runs, reviews, unassociated conversations, the settings in force. */
  oversee: ['admin', 'supervisor'],
  /** Retry, decide reviews, associate conversations, prove a day. */
  decide: ['admin', 'supervisor'],
  /** Start and stop runs, change settings and credentials. */
  configure: ['admin'],
  /** Invite people, give roles, end sessions. */
  people: ['admin'],
} as const satisfies Record<string, readonly Role[]>

export type Ability = keyof typeof ABILITIES

export const may = (role: Role, ability: Ability): boolean =>
  (ABILITIES[ability] as readonly Role[]).includes(role)

/** All that a role allows. */
export const abilitiesOf = (role: Role): Ability[] =>
  (Object.keys(ABILITIES) as Ability[]).filter((ability) => may(role, ability))

/** Who may, the mightiest first. */
export const rolesWith = (ability: Ability): readonly Role[] => ABILITIES[ability]

/** Somebody whose role is not known may do nothing. */
export const roleOf = (role: string | null | undefined): Role | undefined =>
  ROLES.find((known) => known === role)
