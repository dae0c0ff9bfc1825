import { oneLine, textLines, wholeCharacters } from './text.ts'
import type { TimelineNote } from './timeline.ts'

/** One line of a note's body, made from the facts that the note is about. */
export interface NoteLineRule<Facts extends readonly unknown[]> {
  label: string
  /** A line without a value: shown with a dash, or left out. */
  whenEmpty: 'dash' | 'leave out'
  /** A value that may have line breaks: they stay, and it begins behind its label or on the next line. */
  breaks?: 'behind label' | 'below label'
  value: (...facts: Facts) => string | undefined
}

/** The line or lines of a rule; none where it is left out. */
export const noteLines = <Facts extends readonly unknown[]>(
  { label, whenEmpty, breaks, value }: NoteLineRule<Facts>,
  ...facts: Facts
): string[] => {
  const raw = value(...facts) ?? ''
  const text = breaks ? textLines(raw) : oneLine(raw)
  if (text === '' && whenEmpty === 'leave out') return []
  return [`${label}:${breaks === 'below label' ? '\n' : ' '}${text || '–'}`]
}

/** What a note says about itself. */
export interface NoteHead {
  externalId: string
  subject: string
  direction: 'in' | 'out'
  createdAt: string
}

/**
 * The note with these lines. Where Kustomer takes no subject and direction, they are the first two lines
 * (requirements §3, last paragraph). The body may be longer than one note holds: see {@link noteParts}.
 */
export const noteOf = (
  { subject, direction, ...head }: NoteHead,
  lines: readonly string[],
  literalSubject: boolean,
): TimelineNote =>
  literalSubject
    ? { ...head, subject, direction, body: lines.join('\n') }
    : { ...head, body: [`Subject: ${subject}`, `Direction: ${direction}`, ...lines].join('\n') }

/** Kustomer's limit of a note's body (contract kustomer §5.1). */
export const NOTE_BODY_MAX = 10_240

/** Where to end a part: after its last line, else its last word, else its last whole character. */
const partEnd = (text: string, max: number): number => {
  const ends = [text.lastIndexOf('\n', max - 1) + 1, text.slice(0, max).search(/\s\S*$/) + 1]
  // A part that would be less than half full is not worth its boundary: a value of one huge line would make many.
  const end = ends.find((at) => at > max / 2) ?? max
  const whole = wholeCharacters(text, end)
  if (whole > 0) return whole
  // One character as people see it can be longer than a note, but half a code point is none.
  return text.slice(0, end).isWellFormed() ? end : end - 1
}

/**
 * Splits a body into parts that each fit one note; the second begins with the line `(continued, 2)`, and so on. Without
 * these lines they are the body. No part depends on what comes after it, so a body that grows changes its last part
 * only.
 */
export const noteParts = (body: string): string[] => {
  const parts: string[] = []
  let rest = body
  for (let number = 1; ; number++) {
    const head = number === 1 ? '' : `(continued, ${number})\n`
    const room = NOTE_BODY_MAX - head.length
    if (rest.length <= room) return [...parts, head + rest]
    const end = partEnd(rest, room)
    parts.push(head + rest.slice(0, end))
    rest = rest.slice(end)
  }
}
