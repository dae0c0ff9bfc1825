import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type CloudTalk,
  CloudTalkError,
  createCloudTalk,
  parseAccountWebhook,
  parseWorkflowEvent,
} from './index.ts'
import { payload } from './local-server.ts'

const first = { page: 1, limit: 100 }
const reads: Record<string, (client: CloudTalk) => Promise<unknown>> = {
  'contacts-index': (client) => client.contacts.list(first),
  'contact-show-observed': (client) => client.contacts.show('1'),
  'contact-show-published': (client) => client.contacts.show('1'),
  'contact-added': (client) => client.contacts.add({ name: 'x' }),
  'contact-attributes': (client) => client.contacts.attributes(),
  'countries-index': (client) => client.countries.list(),
  'bulk-mixed': (client) =>
    client.bulk.contacts([{ action: 'add_contact', commandId: 'a', data: { name: 'x' } }]),
  'calls-index': (client) => client.calls.list(first),
  'analytics-call': (client) => client.analytics.call('1'),
  'ai-summary': (client) => client.ai.summary('1'),
  'ai-transcription': (client) => client.ai.transcription('1'),
  'agents-index': (client) => client.agents.list(first),
  'groups-index': (client) => client.groups.list(first),
  'numbers-index': (client) => client.numbers.list(first),
  'tags-index': (client) => client.tags.list(first),
  'notes-index': (client) => client.notes.list(first),
  'activity-index': (client) => client.activity.list(first),
  'sms-sent': (client) => client.sms.send({ channel: 'sms', recipient: '+1', sender: '+2', message: 'm' }),
  'workflow-call-ended': async (client) => parseWorkflowEvent(await jsonThrough(client)),
  'account-call-ended': async (client) => parseAccountWebhook(await jsonThrough(client)),
  'account-message-received': async (client) => parseAccountWebhook(await jsonThrough(client)),
}

/** Webhook bodies do not come through the client; the recording call hands back the bytes it was given. */
const jsonThrough = async (client: CloudTalk): Promise<unknown> =>
  JSON.parse(new TextDecoder().decode(await client.calls.recording('1')))

const MARK = 'leaked-value-0123'
const replacement = fc.oneof(
  fc.constantFrom(null, '', 0, -1, 1.5, true, [], {}, 'NaN', '2026-13-45', MARK, [MARK], { id: MARK }, [
    [null],
  ]),
  fc.jsonValue(),
)

type Path = (string | number)[]

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const keys = Array.isArray(value) ? value.map((_, index) => index) : Object.keys(value)
  const below = keys.flatMap((key) =>
    pathsIn((value as Record<string | number, unknown>)[key], [...path, key]),
  )
  return [path, ...below]
}

function replaced(value: unknown, path: Path, by: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >
  copy[key] = replaced(copy[key], rest, by)
  return copy
}

test.each(Object.keys(reads))(
  '%s: no mutation makes anything but an answer or a CloudTalkError',
  async (name) => {
    const good = payload(name)
    const paths = pathsIn(good)
    const read = reads[name]
    const mutation = fc.record({
      path: fc.constantFrom(...paths),
      by: replacement,
      status: fc.constantFrom(200, 200, 406, 503),
    })
    await fc.assert(
      fc.asyncProperty(mutation, async ({ path, by, status }) => {
        const body = JSON.stringify(replaced(good, path, by))
        const client = createCloudTalk({
          accessKeyId: 'a',
          accessKeySecret: 'b',
          userAgent: 't',
          fetch: async () => new Response(body, { status }),
        })
        try {
          await read?.(client)
        } catch (error) {
          expect(error).toBeInstanceOf(CloudTalkError)
          expect((error as Error).message).not.toContain(MARK)
        }
      }),
      { numRuns: 300 },
    )
  },
)
