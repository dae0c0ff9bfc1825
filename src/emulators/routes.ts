/** A vendor's operations by the name the request log, faults and budgets use: `GET /contacts/show/:id.json`. */
export type Routes<H> = {
  /** Literal segments win over parameters, as in the vendors' own routers. */
  match: (method: string, path: string) => Match<H>
}

export type Match<H> =
  | { kind: 'found'; name: string; handler: H; params: Record<string, string> }
  /** The path exists, but not with this method. */
  | { kind: 'wrongMethod'; name: string }
  | { kind: 'unknown'; name: string }

type Route<H> = { method: string; name: string; handler: H; regexp: RegExp; literal: boolean }

/** `:id` stands for anything but a slash, also inside a segment (`/show/:id.json`, `/phone=:phone`). */
const regexpOf = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .split(/(:[A-Za-z]+)/)
      .map((part) =>
        part.startsWith(':') ? `(?<${part.slice(1)}>[^/]+?)` : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
      )
      .join('')}$`,
  )

/** Bytes that are not UTF-8 are left as they came: a path must never crash the server. */
const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * @param table Route name (`METHOD /pattern`) → whatever the vendor wants back for it. On one path the first
 *   name wins, and names without parameters win over names with them.
 */
export const createRoutes = <H>(table: Record<string, H>): Routes<H> => {
  const routes: Route<H>[] = Object.entries(table).map(([name, handler]) => {
    const space = name.indexOf(' ')
    const pattern = name.slice(space + 1)
    return {
      method: name.slice(0, space),
      name,
      handler,
      regexp: regexpOf(pattern),
      literal: !pattern.includes(':'),
    }
  })
  const literals = new Map(routes.filter(({ literal }) => literal).map((route) => [route.name, route]))
  const patterns = routes.filter(({ literal }) => !literal)

  return {
    match: (method, path) => {
      const literal = literals.get(`${method} ${path}`)
      if (literal) return { kind: 'found', name: literal.name, handler: literal.handler, params: {} }
      for (const { method: routeMethod, name, handler, regexp } of patterns) {
        const groups = routeMethod === method ? regexp.exec(path)?.groups : undefined
        if (groups === undefined) continue
        const params = Object.fromEntries(Object.entries(groups).map(([key, value]) => [key, decode(value)]))
        return { kind: 'found', name, handler, params }
      }
      const other = routes.find(({ regexp }) => regexp.test(path))
      if (other)
        return { kind: 'wrongMethod', name: `${method} ${other.name.slice(other.name.indexOf(' ') + 1)}` }
      return { kind: 'unknown', name: `${method} (unknown)` }
    },
  }
}
