import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ACCOUNT_SECRET, deliverSigned } from '../helpers/account-webhook.ts'
import type { Emulators } from '../helpers/emulators.ts'
import { setFaults } from '../helpers/faults.ts'
import { addContact, type CallInput, createCustomer, customer, endCall } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

const NUMBER = '+442071838750'
const OTHER = '+442071838751'
const LONDON = '+442079460018'

/** As the emulator of CloudTalk's other hosts tells them of every call. */
const SUMMARY = 'Maya and the caller talked for 30 seconds & agreed on what happens next.'
const TRANSCRIPT = [
  'Transcript:',
  '[0:00] Agent: Hello, how can I help you?',
  '[0:04] Contact: I am calling about my order.',
  '[0:08] Agent: Let me look it up.',
  '[0:12] Contact: Thank you & goodbye.',
].join('\n')

const ANALYTICS = 'GET /analytics/calls/:id'
const AI_SUMMARY = 'GET /ai/calls/:id/summary'
const AI_TRANSCRIPT = 'GET /ai/calls/:id/transcription'

const switches = ({ cloudtalk }: Emulators, change: Record<string, unknown>) =>
  cloudtalk.control('PUT', '/switches', change)

/** How often CloudTalk was asked for what is learned of calls later. */
async function asked({ cloudtalk }: Emulators) {
  const { byRoute } = await cloudtalk.requests()
  return {
    way: byRoute[ANALYTICS] ?? 0,
    summary: byRoute[AI_SUMMARY] ?? 0,
    transcript: byRoute[AI_TRANSCRIPT] ?? 0,
  }
}

const MAYA = { agent_email: 'maya@acme.example' }

/** The notes of a call in their order. */
async function notesOf({ kustomer }: Emulators, callId: string): Promise<{ id: string; body: string }[]> {
  const { conversations, notes } = await kustomer.state()
  const conversation = conversations?.find(({ attributes }) => attributes.externalId === callId)
  return (notes ?? [])
    .filter(({ relationships }) => relationships.conversation.data.id === conversation?.id)
    .map(({ id, attributes }) => ({ id, body: attributes.body }))
}

const bodyOf = async (emulators: Emulators, callId: string): Promise<string> =>
  (await notesOf(emulators, callId))[0]?.body ?? ''

const conversationOf = async ({ kustomer }: Emulators, callId: string) =>
  (await kustomer.state()).conversations?.find(({ attributes }) => attributes.externalId === callId)

const storyOf = async (stack: Stack, callId: string) =>
  (await stack.service.operations.trace(callId)).find(({ kind }) => kind === 'call')?.story ?? []

const tell = async (stack: Stack, type: string, data: object): Promise<void> =>
  expect(await deliverSigned(stack, { type, data })).toBe(200)

const allLines = (on: boolean) => ({
  customerNumber: on,
  cloudtalkNumber: on,
  recordingLink: on,
  rating: on,
  ivrPath: on,
  aiSummary: on,
  transcript: on,
  callLink: on,
})

describe('with every line on', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({
      settings: { calls: { lines: allLines(true) }, accountWebhookSecret: ACCOUNT_SECRET },
    })
    await createCustomer(stack, customer(NUMBER))
    await stack.settled()
  })
  afterAll(() => stack.close())

  test('what becomes known later is added to the same note, asked for a few times and then never again', async () => {
    await switches(stack, { analyticsDelayMs: 400, recordingDelayMs: 200, recordingLinkDelayed: true })
    const before = await asked(stack)
    const { id } = await endCall(stack, { external_number: NUMBER, group: 'Support', ...MAYA })
    const [first] = await until('the note stands', async () => {
      const notes = await notesOf(stack, id)
      return notes.length > 0 && notes
    })
    expect(first?.body).not.toMatch(/Group name|Recording|AI summary|Transcript/)
    await stack.settled()
    const notes = await notesOf(stack, id)
    expect(notes).toEqual([
      {
        id: first?.id,
        body: [
          'Subject: Answered Call',
          'Direction: in',
          'Agent name: Maya Lindgren',
          'Contact name: Customer 8750',
          'Group name: Support',
          'Call duration: 30s',
          'Wait time: 5s',
          'Call notes: –',
          'Call tags: –',
          `Customer number: ${NUMBER}`,
          `CloudTalk number: ${LONDON} (London)`,
          `Recording: https://my.cloudtalk.io/r/play/${id}`,
          `AI summary: ${SUMMARY}`,
          TRANSCRIPT,
          `Call link: https://analytics.cloudtalk.io/call-details/${id}`,
        ].join('\n'),
      },
    ])
    const times = await asked(stack)
    for (const part of ['way', 'summary', 'transcript'] as const) {
      expect(times[part] - before[part]).toBeGreaterThan(0)
      expect(times[part] - before[part]).toBeLessThanOrEqual(8)
    }
    await stack.cloudtalk.control('PATCH', `/calls/${id}`, { notes: ['edited'] })
    await stack.settled()
    expect(await asked(stack)).toEqual(times)
    expect(await bodyOf(stack, id)).toContain('Call notes: edited\n')
    expect(await bodyOf(stack, id)).toContain(TRANSCRIPT)
  })

  test('a call in which nobody talked is not asked about, an outgoing one took no way', async () => {
    const before = await asked(stack)
    await endCall(stack, { external_number: NUMBER, outcome: 'missed', direction: 'outgoing' })
    await stack.settled()
    expect(await asked(stack)).toEqual(before)
    await endCall(stack, { external_number: NUMBER, outcome: 'voicemail' })
    await stack.settled()
    const { summary, transcript } = await asked(stack)
    expect({ summary, transcript }).toEqual({ summary: before.summary, transcript: before.transcript })
    const { way } = await asked(stack)
    await endCall(stack, { external_number: NUMBER, direction: 'outgoing', ...MAYA })
    await stack.settled()
    expect(await asked(stack)).toMatchObject({ way })
  })

  test('with the other form of link, the recording and the call’s page are not said twice', async () => {
    await switches(stack, { recordingLink: 'callDetails' })
    const { id } = await endCall(stack, { external_number: NUMBER, ...MAYA })
    await stack.settled()
    await switches(stack, { recordingLink: 'play' })
    const body = await bodyOf(stack, id)
    expect(body.match(/call-details/g)).toHaveLength(1)
    expect(body).toContain(`Recording: https://analytics.cloudtalk.io/call-details/${id}\n`)
  })

  test('what comes when the note is nearly full goes on in numbered notes, nothing cut, growing and shrinking', async () => {
    await switches(stack, { analyticsDelayMs: 300 })
    const words = (count: number) => Array.from({ length: count }, (_, index) => `word-${index}`).join(' ')
    const { id } = await endCall(stack, { external_number: NUMBER, notes: [words(1_090)], ...MAYA })
    const [first] = await until('the note stands', async () => {
      const notes = await notesOf(stack, id)
      return notes.length > 0 && notes
    })
    expect(first?.body).toContain(words(1_090))
    await stack.settled()
    const whole = (notes: { body: string }[]) =>
      notes.map(({ body }) => body.replace(/^\(continued, \d\)\n/, '')).join('')
    const grown = await notesOf(stack, id)
    expect(grown[0]?.id).toBe(first?.id)
    expect(grown[1]?.body).toMatch(/^\(continued, 2\)\n/)
    expect(grown.every(({ body }) => body.length <= 10_240)).toBe(true)
    expect(whole(grown)).toContain(words(1_090))
    expect(whole(grown)).toContain(`AI summary: ${SUMMARY}\n${TRANSCRIPT}\n`)

    await stack.cloudtalk.control('PATCH', `/calls/${id}`, { notes: [words(2_500)] })
    await stack.settled()
    const largest = await notesOf(stack, id)
    expect(largest.length).toBeGreaterThan(grown.length)
    expect(largest.slice(0, grown.length).map((note) => note.id)).toEqual(grown.map((note) => note.id))
    expect(whole(largest)).toContain(words(2_500))
    expect(whole(largest)).toContain(TRANSCRIPT)

    await stack.cloudtalk.control('PATCH', `/calls/${id}`, { notes: ['short'] })
    await stack.settled()
    const small = await notesOf(stack, id)
    expect(small).toHaveLength(largest.length)
    expect(small[0]?.body).toContain('Call notes: short\n')
    expect(small[0]?.body).toContain(TRANSCRIPT)
    expect(new Set(small.slice(1).map(({ body }) => body))).toEqual(new Set(['–']))
  })

  test('lost answers and errors while it is added: one note, all of it', async () => {
    const { id } = await endCall(stack, { external_number: NUMBER, group: 'Sales', ...MAYA })
    await setFaults(
      stack.kustomer,
      { route: 'PATCH /notes/:id', kind: 'lostAnswer', rate: 0.4 },
      { route: 'PATCH /notes/:id', kind: 'status', status: 503, rate: 0.3 },
    )
    await setFaults(
      stack.cloudtalk,
      { route: AI_SUMMARY, kind: 'status', status: 500, rate: 0.5 },
      { route: AI_TRANSCRIPT, kind: 'reset', rate: 0.5 },
    )
    await stack.settled()
    await setFaults(stack.kustomer)
    await setFaults(stack.cloudtalk)
    expect(await notesOf(stack, id)).toHaveLength(1)
    const body = await bodyOf(stack, id)
    for (const line of ['Group name: Sales\n', `AI summary: ${SUMMARY}\n`, `${TRANSCRIPT}\n`]) {
      expect(body).toContain(line)
    }
  })

  test('readiness that is told before the end of the call waits for it', async () => {
    await switches(stack, { analyticsDelayMs: 0 })
    const { id, uuid } = await endCall(stack, { external_number: NUMBER, deliver: false, ...MAYA })
    await tell(stack, 'transcript.ready', { call_uuid: uuid, call_id: id })
    await tell(stack, 'cidata.ready', { call_uuid: uuid, call_id: id })
    await tell(stack, 'call.ended', { call_uuid: uuid, call_id: id, direction: 'incoming' })
    await stack.settled()
    expect(await notesOf(stack, id)).toHaveLength(1)
    expect(await bodyOf(stack, id)).toContain(SUMMARY)
    expect(await bodyOf(stack, id)).toContain(TRANSCRIPT)
  })

  test('the recording’s link comes with call.recording_ready too', async () => {
    await switches(stack, { analyticsDelayMs: 50, recordingDelayMs: 60_000, recordingLinkDelayed: true })
    const { id, uuid } = await endCall(stack, { external_number: NUMBER, deliver: false, ...MAYA })
    await tell(stack, 'call.ended', { call_uuid: uuid, call_id: id, direction: 'incoming' })
    await stack.settled()
    expect(await bodyOf(stack, id)).not.toContain('Recording:')
    await switches(stack, { recordingDelayMs: 0 })
    await tell(stack, 'call.recording_ready', { call_uuid: uuid })
    await stack.settled()
    expect(await bodyOf(stack, id)).toContain(`Recording: https://my.cloudtalk.io/r/play/${id}\n`)
    expect(await notesOf(stack, id)).toHaveLength(1)
  })

  test('transcript.ready and cidata.ready bring them at once', async () => {
    await switches(stack, { analyticsDelayMs: 600_000 })
    const before = await asked(stack)
    const { id, uuid } = await endCall(stack, { external_number: NUMBER, ...MAYA })
    await until('the looks have become rare', async () => {
      const { summary, transcript } = await asked(stack)
      return Math.min(summary - before.summary, transcript - before.transcript) >= 7
    })
    expect(await bodyOf(stack, id)).not.toMatch(/AI summary|Transcript/)
    await switches(stack, { analyticsDelayMs: 0 })
    await tell(stack, 'transcript.ready', { call_uuid: uuid, language: 'en' })
    await tell(stack, 'cidata.ready', { call_uuid: uuid, language: 'en', summary: { summary: 'S' } })
    await until('both stand', async () => {
      const body = await bodyOf(stack, id)
      return body.includes(TRANSCRIPT) && body.includes(SUMMARY)
    })
    const told = async () => (await storyOf(stack, id)).filter(({ source }) => source === 'webhook')
    expect((await told()).some(({ reason }) => reason === 'NOTE_UPDATED')).toBe(true)
    expect(await notesOf(stack, id)).toHaveLength(1)
    const times = await asked(stack)
    const { length } = await told()
    await tell(stack, 'transcript.ready', { call_uuid: uuid, language: 'en' })
    await tell(stack, 'cidata.ready', { call_uuid: uuid })
    await until('both are settled', async () => (await told()).length >= length + 2)
    const { summary, transcript } = await asked(stack)
    expect({ summary, transcript }).toEqual({ summary: times.summary, transcript: times.transcript })
  })
})

/** Stands in for a host of CloudTalk that says what the emulator cannot. */
interface Host {
  url: string
  /** How often. */
  asked: () => number
  close: () => Promise<void>
}

async function startHost(answer: (url: URL) => object): Promise<Host> {
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer(new URL(request.url ?? '/', 'http://127.0.0.1'))))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('what the emulated calls do not have', () => {
  let stack: Stack
  const hosts: Host[] = []
  afterEach(async () => {
    await stack?.close()
    await Promise.all(hosts.splice(0).map((host) => host.close()))
  })

  async function hostOf(answer: (url: URL) => object): Promise<Host> {
    const host = await startHost(answer)
    hosts.push(host)
    return host
  }

  const wayOf = (url: URL) => ({
    cdr_id: Number(url.pathname.split('/').at(-1)),
    status: 'answered',
    call_steps: [
      { type: 'ivr', id: 1, option: '2', total_time: 4 },
      { type: 'ivr', id: 2, option: '1', total_time: 3 },
      { type: 'queue', id: 1, name: 'Sales', status: 'missed', agent_calls: [] },
      { type: 'queue', id: 2, name: 'Support & more', status: 'answered', agent_calls: [] },
    ],
  })

  const total = 1_234
  const segments = Array.from({ length: total }, (_, index) => ({
    start: index * 3,
    end: index * 3 + 2,
    caller: index % 2 === 0 ? 'a' : 'b',
    text: `Segment ${index} of a talk that goes on & on.`,
  }))
  const transcriptOf = ({ searchParams }: URL) => {
    const [offset, limit] = [Number(searchParams.get('offset')), Number(searchParams.get('limit'))]
    return {
      data: {
        callId: 1,
        segments: segments.slice(offset, offset + limit),
        callers: [
          { type: 'agent', id: 1, localIdentifier: 'a' },
          { type: 'contact', id: null, localIdentifier: 'b' },
        ],
        language: 'en',
      },
      pagination: { limit, offset, total },
    }
  }

  /** Has calls that were there before told as if they ended now. */
  async function tellRatedCalls(): Promise<{ id: number; rating: number }[]> {
    const { calls } = await stack.cloudtalk.state()
    const rated = (calls ?? []).filter(({ rating, type }) => rating !== null && type !== 'internal')
    expect(rated.length).toBeGreaterThan(0)
    const workflows = await stack.cloudtalk.control<
      { url: string; headers: Record<string, string>; trigger: { object: string; action: string } }[]
    >('GET', '/workflows')
    const ended = workflows.find(({ trigger }) => trigger.object === 'Call' && trigger.action === 'Ended')
    for (const { id, uuid } of rated) {
      const response = await fetch(ended?.url ?? '', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...ended?.headers },
        body: JSON.stringify({ call_id: id, call_uuid: uuid }),
      })
      expect(response.status).toBe(200)
    }
    await stack.settled()
    return rated
  }

  test('way, rating and a transcript of many pages: all in the notes, every word of it', async () => {
    const [way, ai] = [await hostOf(wayOf), await hostOf(transcriptOf)]
    stack = await startStack({
      calls: 12,
      settings: { calls: { lines: { ivrPath: true, rating: true } } },
      prepare: async ({ env }) => {
        env.CLOUDTALK_ANALYTICS_URL = way.url
      },
    })
    for (const { id, rating } of await tellRatedCalls()) {
      expect(await bodyOf(stack, String(id))).toContain(`\nRating: contact ${rating}/5`)
    }
    const asked = way.asked()
    const { id } = await endCall(stack, { external_number: NUMBER, ...MAYA })
    await stack.settled()
    expect(await bodyOf(stack, id)).toContain('\nGroup name: Support & more\n')
    expect(await bodyOf(stack, id)).toContain('\nIVR path: 2 > 1')
    expect(way.asked()).toBe(asked + 1)
    await stack.close()

    stack = await startStack({
      settings: { calls: { lines: { transcript: true } } },
      prepare: async ({ env }) => {
        env.CLOUDTALK_AI_URL = ai.url
      },
    })
    const long = await endCall(stack, { external_number: NUMBER, ...MAYA })
    await stack.settled()
    const bodies = (await notesOf(stack, long.id)).map(({ body }) => body)
    expect(bodies.length).toBeGreaterThan(5)
    expect(bodies.every(({ length }) => length <= 10_240)).toBe(true)
    bodies.slice(1).forEach((body, index) => {
      expect(body.startsWith(`(continued, ${index + 2})\n`)).toBe(true)
    })
    const whole = bodies.map((body) => body.replace(/^\(continued, \d+\)\n/, '')).join('')
    for (const [index, { text }] of segments.entries()) {
      expect(whole).toContain(`] ${index % 2 === 0 ? 'Agent' : 'Contact'}: ${text}`)
    }
    expect(ai.asked()).toBe(3)
  })

  test('with every line off: the seed’s lines alone, and nobody is asked for the rest', async () => {
    const way = await hostOf(wayOf)
    stack = await startStack({
      calls: 12,
      settings: { calls: { lines: allLines(false) } },
      prepare: async ({ env }) => {
        env.CLOUDTALK_ANALYTICS_URL = way.url
      },
    })
    for (const { id } of await tellRatedCalls()) {
      const body = await bodyOf(stack, String(id))
      expect(body).toMatch(/^Subject: /)
      expect(body).not.toMatch(/Rating:|IVR path:/)
    }
    await createCustomer(stack, customer(NUMBER))
    await stack.settled()
    const { id } = await endCall(stack, { external_number: NUMBER, ...MAYA })
    await stack.settled()
    expect(await bodyOf(stack, id)).toBe(
      [
        'Subject: Answered Call',
        'Direction: in',
        'Agent name: Maya Lindgren',
        'Contact name: Customer 8750',
        'Group name: Support & more',
        'Call duration: 30s',
        'Wait time: 5s',
        'Call notes: –',
        'Call tags: –',
      ].join('\n'),
    )
    expect(await asked(stack)).toEqual({ way: 0, summary: 0, transcript: 0 })
  })
})

describe('who gets a call that nobody took', () => {
  let stack: Stack
  afterEach(() => stack?.close())

  const missed = { external_number: NUMBER, outcome: 'missed' } as const
  const voicemail = { external_number: NUMBER, outcome: 'voicemail' } as const

  /** A call that rang somebody last, in vain. */
  const ringInVain = (email: string, call: CallInput = missed) =>
    endCall(stack, { ...call, ...{ rung_agent_email: email } })

  async function assignedTo(callId: string): Promise<{ users: string[]; teams: string[] }> {
    const { users, teams } = await stack.kustomer.state()
    const { attributes } = await conversationOf(stack, callId)
    return {
      users: attributes.assignedUsers.map(
        (id: string) => users?.find((user) => user.id === id)?.attributes.email,
      ),
      teams: attributes.assignedTeams.map(
        (id: string) => teams?.find((team) => team.id === id)?.attributes.name,
      ),
    }
  }

  /** The last entry of the story that says who got it. */
  const ruleOf = async (callId: string) => {
    const told = (await storyOf(stack, callId)).findLast(({ details }) => details?.assigned !== undefined)
    return { rule: told?.details?.assigned?.rule, sentence: told?.sentence }
  }

  test('the first rule that there is somebody for decides, and the trace says which', async () => {
    stack = await startStack({
      settings: { calls: { withoutAgent: ['last-step', 'favorite-agent', { user: 'Tom@Acme.example' }] } },
    })
    const { agents } = await stack.cloudtalk.state()
    const marco = agents?.find(({ email }) => email === 'marco@acme.example')
    await addContact(stack, {
      name: 'Ann Bell',
      favorite_agent: marco.id,
      ContactNumber: [{ public_number: OTHER }],
    })
    await createCustomer(stack, customer(NUMBER))
    await stack.settled()
    const favourite = { ...missed, external_number: OTHER }
    const cases = [
      {
        call: await ringInVain('zuzana@acme.example', { ...missed, group: 'Support' }),
        user: 'zuzana@acme.example',
        rule: 'last-step',
        sentence: /assigned to the agent of the call’s last step/,
      },
      {
        call: await ringInVain('priya@acme.example', voicemail),
        user: 'priya@acme.example',
        rule: 'last-step',
        sentence: /last step/,
      },
      {
        call: await ringInVain('zuzana@acme.example', favourite),
        user: 'zuzana@acme.example',
        rule: 'last-step',
        sentence: /last step/,
      },
      {
        call: await endCall(stack, favourite),
        user: 'marco@acme.example',
        rule: 'favorite-agent',
        sentence: /favorite agent/,
      },
      {
        call: await endCall(stack, missed),
        user: 'tom@acme.example',
        rule: 'user',
        sentence: /the user that the settings name/,
      },
      {
        call: await endCall(stack, { ...missed, agent_email: 'ewan@acme.example' }),
        user: 'ewan@acme.example',
        rule: 'agent',
        sentence: /assigned to its agent/,
      },
      {
        call: await endCall(stack, { external_number: NUMBER, ...MAYA }),
        user: 'maya@acme.example',
        rule: 'agent',
        sentence: /assigned to its agent/,
      },
    ]
    const nobody = [
      await endCall(stack, { external_number: NUMBER }),
      await endCall(stack, { ...missed, direction: 'outgoing' }),
    ]
    await stack.settled()
    for (const { call, user, rule, sentence } of cases) {
      expect(await assignedTo(call.id)).toEqual({ users: [user], teams: [] })
      expect(await ruleOf(call.id)).toEqual({ rule, sentence: expect.stringMatching(sentence) })
    }
    for (const { id } of nobody) {
      expect(await assignedTo(id)).toEqual({ users: [], teams: [] })
      expect(await ruleOf(id)).toEqual({ rule: undefined, sentence: undefined })
    }
  })

  test('whom nobody knows is passed over; a team is found in any case of letters', async () => {
    stack = await startStack({
      settings: {
        calls: {
          withoutAgent: [
            { user: 'nobody@acme.example' },
            { team: 'Nowhere' },
            { team: ' billing & returns ' },
            'last-step',
          ],
        },
      },
    })
    const { id } = await ringInVain('zuzana@acme.example')
    await stack.settled()
    expect(await assignedTo(id)).toEqual({ users: [], teams: ['Billing & Returns'] })
    expect(await ruleOf(id)).toEqual({
      rule: 'team',
      sentence: expect.stringMatching(/the team that the settings name/),
    })
  })

  test('the order of the settings counts, and the agent map holds here too', async () => {
    stack = await startStack({
      settings: {
        calls: { withoutAgent: ['last-step', { user: 'tom@acme.example' }] },
        agentMap: { 'zuzana@acme.example': 'ewan@acme.example', 'marco@acme.example': null },
      },
    })
    const mapped = await ringInVain('zuzana@acme.example')
    const toNobody = await ringInVain('marco@acme.example')
    await stack.settled()
    expect(await assignedTo(mapped.id)).toEqual({ users: ['ewan@acme.example'], teams: [] })
    expect(await assignedTo(toNobody.id)).toEqual({ users: ['tom@acme.example'], teams: [] })
    expect(await ruleOf(toNobody.id)).toMatchObject({ rule: 'user' })
  })

  test('whom a person gave it to meanwhile keeps it, and so does a team', async () => {
    stack = await startStack({
      settings: { calls: { withoutAgent: ['last-step'] } },
      prepare: (emulators) => switches(emulators, { analyticsDelayMs: 1_200 }),
    })
    const { users, teams } = await stack.kustomer.state()
    const ewan = users?.find(({ attributes }) => attributes.email === 'ewan@acme.example')
    const team = teams?.[0]
    const [toUser, toTeam, toNobody] = [
      await ringInVain('zuzana@acme.example'),
      await ringInVain('zuzana@acme.example'),
      await ringInVain('zuzana@acme.example'),
    ]
    await until('they are logged', async () => {
      const { conversations, notes } = await stack.kustomer.state()
      return conversations?.length === 3 && notes?.length === 3
    })
    const give = async (callId: string, change: object) => {
      const conversation = await conversationOf(stack, callId)
      expect(conversation.attributes.assignedUsers).toEqual([])
      await stack.kustomer.api('PATCH', `/conversations/${conversation.id}`, change)
    }
    await give(toUser.id, { assignedUsers: [ewan.id] })
    await give(toTeam.id, { assignedTeams: [team.id] })
    await stack.settled()
    expect(await assignedTo(toUser.id)).toEqual({ users: ['ewan@acme.example'], teams: [] })
    expect(await assignedTo(toTeam.id)).toEqual({ users: [], teams: [team.attributes.name] })
    expect(await assignedTo(toNobody.id)).toEqual({ users: ['zuzana@acme.example'], teams: [] })
    expect(await ruleOf(toUser.id)).toEqual({ rule: undefined, sentence: undefined })
  })

  test('an answer that is lost while it is given: it stays given, and the trace still says by which rule', async () => {
    stack = await startStack({ settings: { calls: { withoutAgent: ['last-step'] } } })
    await setFaults(stack.kustomer, { route: 'PATCH /conversations/:id', kind: 'lostAnswer' })
    const { id } = await ringInVain('zuzana@acme.example')
    await stack.settled()
    expect(await assignedTo(id)).toEqual({ users: ['zuzana@acme.example'], teams: [] })
    expect(await ruleOf(id)).toMatchObject({ rule: 'last-step' })
  })
})
