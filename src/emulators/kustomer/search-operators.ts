import { badParameter } from './errors.ts'
import type { OperatorClass } from './search-attributes.ts'

/** Whether a record's value fits. Lists fit when one of their items does. */
type Matches = (value: unknown) => boolean

const SET = ['set', 'not_set']
const EQUALITY = ['equals', 'not_equals', 'in', 'not_in', ...SET]
const TEXT = ['contains', 'not_contains']
const ORDER = ['gt', 'gte', 'lt', 'lte']

/** Operators of each class; those in no published example are inferred (contract §2.6). */
const OPERATORS: Record<OperatorClass, string[]> = {
  any: ['equals', ...TEXT, ...SET],
  string: [...EQUALITY, ...TEXT],
  string_notanalyzed: EQUALITY,
  text: ['equals', 'not_equals', ...TEXT, ...SET],
  list: [...EQUALITY, ...TEXT],
  number: [...EQUALITY, ...ORDER],
  datetime: [...EQUALITY, ...ORDER],
  boolean: ['equals', 'not_equals', ...SET],
}

/** @throws {KustomerError} 400 for an operator the class does not have, or a value it cannot compare. */
export function matcher(
  name: string,
  operatorClass: OperatorClass,
  operator: string,
  operand: unknown,
  timeZone: string,
): Matches {
  if (!OPERATORS[operatorClass].includes(operator)) {
    throw badParameter(name, 'Unknown operator', `/${name}/${operator}`)
  }
  const not = operator.startsWith('not_')
  if (operator === 'set' || operator === 'not_set') return (value) => isSet(value) !== not

  const positive = not ? operator.slice('not_'.length) : operator
  const operands = positive === 'in' ? listOf(name, operand) : [operand]
  const wanted = operands.map((one) => comparable(name, operatorClass, one, positive, timeZone))
  const test = TESTS[positive]
  const fits: Matches = (value) =>
    itemsOf(value).some((item) => {
      const own = normalised(operatorClass, item)
      return wanted.some((one) => test?.(own, one) ?? false)
    })
  return not ? (value) => !fits(value) : fits
}

type Comparable = string | number

const TESTS: Record<string, (own: Comparable, wanted: Comparable) => boolean> = {
  equals: (own, wanted) => own === wanted,
  in: (own, wanted) => own === wanted,
  contains: (own, wanted) => String(own).toLowerCase().includes(String(wanted).toLowerCase()),
  gt: (own, wanted) => own > wanted,
  gte: (own, wanted) => own >= wanted,
  lt: (own, wanted) => own < wanted,
  lte: (own, wanted) => own <= wanted,
}

const isSet = (value: unknown): boolean => itemsOf(value).length > 0

const itemsOf = (value: unknown): unknown[] =>
  (Array.isArray(value) ? value : [value]).filter(
    (item) => item !== undefined && item !== null && item !== '',
  )

function listOf(name: string, operand: unknown): unknown[] {
  if (Array.isArray(operand)) return operand
  throw badParameter(name, 'Expected a list', `/${name}/in`)
}

/** Analyzed text is compared without case, the rest exactly. */
const normalised = (operatorClass: OperatorClass, value: unknown): Comparable => {
  if (operatorClass === 'number') return Number(value)
  const plain = String(value)
  return operatorClass === 'string' || operatorClass === 'text' || operatorClass === 'any'
    ? plain.toLowerCase()
    : plain
}

function comparable(
  name: string,
  operatorClass: OperatorClass,
  operand: unknown,
  operator: string,
  timeZone: string,
): Comparable {
  if (operatorClass === 'datetime') return instant(name, operand, operator, timeZone)
  if (operatorClass === 'number') {
    const number = typeof operand === 'string' && operand.trim() === '' ? Number.NaN : Number(operand)
    if (Number.isNaN(number)) throw badParameter(name, 'Expected a number', `/${name}/${operator}`)
    return number
  }
  if (typeof operand === 'object') throw badParameter(name, 'Expected a value', `/${name}/${operator}`)
  return normalised(operatorClass, operand)
}

/** `YYYY-MM-DD` is a day in the search's time zone, else a date-time (contract §2.6). */
function instant(name: string, operand: unknown, operator: string, timeZone: string): string {
  const given = String(operand)
  if (/^\d{4}-\d{2}-\d{2}$/.test(given)) {
    try {
      const day = Temporal.PlainDate.from(given)
      const wholeDay = operator === 'gt' || operator === 'lte'
      const start = (wholeDay ? day.add({ days: 1 }) : day).toZonedDateTime(timeZone).epochMilliseconds
      return new Date(wholeDay ? start - 1 : start).toISOString()
    } catch {
      throw badParameter(name, 'Not a date in this time zone', `/${name}/${operator}`)
    }
  }
  const time = Date.parse(given)
  if (Number.isNaN(time)) throw badParameter(name, 'Not a date', `/${name}/${operator}`)
  return new Date(time).toISOString()
}
