import type { PropsWithChildren } from 'hono/jsx'
import type { OutcomeKind } from '../../mapping/reasons.ts'
import type { Deed } from '../../store/audit.ts'
import type { RecordKind } from '../../store/schema.ts'

/** A moment, in UTC until the reader's browser shows it in the reader's own zone. */
export const Time = ({ at }: { at: Date }) => <time datetime={at.toISOString()}>{inWords(at)}</time>

/** A moment where no browser can put it into the reader's zone. */
export const inWords = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** The zone of the times of a page. */
export const Zone = () => <span data-zone>UTC</span>

/** How long ago, in words: `now` is the moment of the page. */
export const Ago = ({ at, now }: { at: Date; now: Date }) => (
  <time datetime={at.toISOString()} data-ago>
    {ago(now.getTime() - at.getTime())}
  </time>
)

const UNITS: [name: string, seconds: number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  const [name, size] = UNITS.find(([, unit]) => seconds >= unit) ?? ['second', 1]
  const count = Math.floor(seconds / size)
  return seconds < 5 ? 'just now' : `${count} ${name}${count === 1 ? '' : 's'} ago`
}

/** How an outcome looks: in words and in colour, never in colour alone. */
export const TONES: Record<OutcomeKind, 'good' | 'calm' | 'busy' | 'bad'> = {
  created: 'good',
  updated: 'good',
  unchanged: 'good',
  merged: 'good',
  linked: 'good',
  skipped: 'calm',
  waiting: 'busy',
  failed: 'bad',
}

export const OutcomeBadge = ({ outcome }: { outcome: OutcomeKind }) => (
  <span class={`badge ${TONES[outcome]}`}>{outcome}</span>
)

export const KIND_NAMES: Record<RecordKind, { one: string; many: string }> = {
  contact: { one: 'contact', many: 'Contacts' },
  customer: { one: 'customer', many: 'Customers' },
  call: { one: 'call', many: 'Calls' },
  message: { one: 'message', many: 'Messages' },
}

/** What is said where there is nothing to show: what would be here, and how it comes about. */
export const Empty = ({ children }: PropsWithChildren) => <p class="empty">{children}</p>

/** To the page on which a list goes on. */
export const Onward = ({ href, children }: PropsWithChildren<{ href: string }>) => (
  <p>
    <a class="button quiet" href={href}>
      {children}
    </a>
  </p>
)

/** Something went wrong, or needs a person. */
export const Notice = ({ tone, children }: PropsWithChildren<{ tone: 'bad' | 'busy' | 'good' }>) => (
  <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
    {children}
  </div>
)

export const count = (n: number): string => n.toLocaleString('en-GB')

/** What people did by hand, newest first. @param none what is said where nobody has done anything. */
export const Deeds = ({ title, deeds, none }: { title: string; deeds: readonly Deed[]; none: string }) => (
  <section aria-labelledby="deeds">
    <h2 id="deeds">{title}</h2>
    {deeds.length === 0 ? (
      <Empty>{none}</Empty>
    ) : (
      <ul>
        {deeds.map(({ at, who, did, subject }) => (
          <li>
            <Time at={at} /> {who} {did} {subject}
          </li>
        ))}
      </ul>
    )}
  </section>
)
