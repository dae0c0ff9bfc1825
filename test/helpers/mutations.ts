import fc from 'fast-check'

/** Recorded bodies, mutated: what a vendor may send on its worst day. */

/** Values that must never come up in the text of an error. */
export const MARKS = ['+447700900123', 'leak.mark@example.com'] as const

/** Long enough for what takes time by the square of a length to be noticed. */
const HUGE = 100_000

export const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    '',
    ' ',
    '0',
    'null',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '{{ event.properties.id }}',
    '__proto__',
    "'; drop table message; --",
    -1,
    0,
    1e308,
    2 ** 53,
    '2026-02-31T99:99:99Z',
    '+',
    'whatsapp:',
    'x'.repeat(5_000),
    [],
    {},
    [[[]]],
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

/** Odd values, some of which are marks or huge. */
export const oddOrMarked = fc.oneof(
  { weight: 6, arbitrary: odd },
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...MARKS, [MARKS[0]], { id: MARKS[1] }, [null]) },
  { weight: 1, arbitrary: fc.constantFrom('x', ' ', '&', '{{', '9').map((one) => one.repeat(HUGE)) },
)

/** One change of a recorded body, somewhere in it. */
export interface Change {
  place: number
  /** `reshape`: a list becomes an object, anything else a list. */
  kind: 'replace' | 'remove' | 'add' | 'reshape'
  /** What a key more is called; empty = like the one beside it. */
  key: string
  value: unknown
}

export interface Mutation {
  changes: Change[]
  /** Such a body is no JSON, or only by chance. */
  broken: { kind: 'cut' | 'empty' | 'html'; cut: number; tail: string } | null
}

const change = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Change> =>
  fc.record({
    // Without it most changes are made at the top, and nothing below is ever read.
    place: fc.noBias(fc.nat()),
    kind: fc.constantFrom('replace', 'replace', 'remove', 'add', 'reshape'),
    key: fc.constantFrom('', '', '__proto__', 'constructor', 'toString'),
    value,
  })

const broken = fc.record({
  kind: fc.constantFrom('cut', 'cut', 'empty', 'html'),
  cut: fc.nat({ max: 400 }),
  tail: fc.string({ unit: 'binary', maxLength: 10 }),
})

/** @param value what may stand where something else was recorded. */
export const mutation = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Mutation> =>
  fc.record({
    changes: fc.array(change(value), { minLength: 1, maxLength: 4 }),
    // One in ten is no JSON at all.
    broken: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: broken }),
  })

export const changed = (base: unknown, { changes }: Pick<Mutation, 'changes'>): unknown =>
  changes.reduce(changedOnce, base)

/** The body as it is sent. */
export function mutated(base: unknown, { changes, broken: spoilt }: Mutation): string {
  const text = JSON.stringify(changed(base, { changes })) ?? ''
  switch (spoilt?.kind) {
    case undefined:
      return text
    case 'cut':
      return text.slice(0, spoilt.cut) + spoilt.tail
    case 'empty':
      return ''
    case 'html':
      return `<!doctype html><title>502</title><p>${MARKS.join(' ')}</p>`
  }
}

type Node = Record<string, unknown>

function changedOnce(base: unknown, { place, kind, key, value }: Change): unknown {
  const copy = structuredClone(base)
  const spots = spotsIn(copy)
  const spot = spots[place % Math.max(1, spots.length)]
  if (!spot) return value
  const [node, name] = spot
  switch (kind) {
    case 'replace':
      put(node, name, value)
      break
    case 'remove':
      delete node[name]
      break
    case 'add':
      put(node, key || `${name}_`, value)
      break
    case 'reshape':
      put(node, name, Array.isArray(node[name]) ? { ...node[name] } : [node[name]])
  }
  return copy
}

function spotsIn(node: unknown): [Node, string][] {
  if (typeof node !== 'object' || node === null) return []
  const own = node as Node
  return Object.keys(own).flatMap((key): [Node, string][] => [[own, key], ...spotsIn(own[key])])
}

/** As `JSON.parse` does it: `__proto__` becomes a key like any other. */
function put(node: Node, key: string, value: unknown): void {
  Object.defineProperty(node, key, { value, writable: true, enumerable: true, configurable: true })
}

export interface OddAnswer {
  status: number
  /** Which of the recorded bodies of its kind it is made of. */
  base: number
  body: Mutation
  header: string | null
}

/** Half of them say that all is well: only those are read to the end. */
const statuses = fc.oneof(
  fc.constantFrom(200, 201),
  fc.constantFrom(204, 302, 400, 401, 403, 404, 406, 409, 422, 429, 500, 502, 503),
)
const headers = fc.constantFrom('', 'x', '0', '-1', '60', '1780000060', '1780000060000', 'soon', MARKS[0])

export const oddAnswer: fc.Arbitrary<OddAnswer> = fc.record({
  status: statuses,
  base: fc.noBias(fc.nat()),
  body: mutation(oddOrMarked),
  header: fc.option(headers),
})

/** What a vendor's answers are made of. */
export interface Recorded {
  good: readonly unknown[]
  refusals: readonly unknown[]
  /** Headers that tell of the budget. */
  budget: readonly string[]
}

/** A `fetch` that gives this one answer, however often it is asked; it counts how often. */
export function fetchOf(answer: OddAnswer, { good, refusals, budget }: Recorded) {
  const { status, base, body, header } = answer
  const bases = status < 400 ? good : [...refusals, ...good]
  const text = status === 204 ? null : mutated(bases[base % bases.length], body)
  const sent = header === null ? {} : Object.fromEntries(budget.map((name) => [name, header]))
  const asked = { times: 0 }
  const fetch = async () => {
    asked.times++
    return new Response(text, { status, headers: sent })
  }
  return { fetch, asked }
}

/**
 * A text of the error in which a mark stands.
 * @param quotes fields of the failure that hold the vendor's own words, and are told nobody.
 */
export function leakOf(error: Error & { failure: object }, quotes: readonly string[]): string | undefined {
  const own = Object.entries(error.failure).filter(([name]) => !quotes.includes(name))
  const told = JSON.stringify({ ...error, failure: Object.fromEntries(own) })
  return [error.message, error.stack ?? '', told].find((text) => MARKS.some((mark) => text.includes(mark)))
}
