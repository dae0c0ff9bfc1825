/** Where a connection is set up, step by step. */
export const SET_UP = '/settings/set-up'

/** Addresses of the settings always name their connection: it may be one that does not run yet. */
export const settingsLink = (path: string, connection: string): string =>
  `${path}?${new URLSearchParams({ connection })}`
