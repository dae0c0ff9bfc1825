import type { World, WorldCall } from '../emulators/world/world.ts'

/** Lets calls end and messages come in the CloudTalk emulator, evenly over `overMs`; each fires its webhooks. */
export async function liveTraffic(
  emulatorUrl: string,
  world: World,
  calls: readonly WorldCall[],
  overMs: number,
): Promise<void> {
  const happenings = calls.flatMap((call, index) => [
    { route: '/calls', body: endingNow(world, call) as object },
    ...(index % CALLS_PER_MESSAGE === 0 ? [{ route: '/messages', body: messageOf(world, call, index) }] : []),
  ])
  const started = Date.now()
  for (const [index, { route, body }] of happenings.entries()) {
    const due = started + (overMs * index) / happenings.length
    if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()))
    const response = await fetch(`${emulatorUrl}/__emulator${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`the emulator refused it: ${await response.text()}`)
  }
}

const CALLS_PER_MESSAGE = 4
const TEXTS = ['Is my order on its way?', 'It arrives tomorrow.', 'Thank you!', 'Can you call me back?']

/** From or to whoever is on the other end of this call. */
function messageOf(world: World, call: WorldCall, index: number) {
  const turn = index / CALLS_PER_MESSAGE
  return {
    channel: turn % 2 === 0 ? 'sms' : 'whatsapp',
    direction: turn % 3 === 1 ? 'outgoing' : 'incoming',
    text: TEXTS[turn % TEXTS.length],
    // An internal call has an extension there.
    external_number: call.direction === 'internal' ? world.customers[0]?.phones[0]?.phone : call.external,
    internal_number: world.numbers.find(({ key }) => key === call.number)?.e164,
    ...(turn % 5 === 4 && { direction: 'outgoing', status: 'failed' }),
  }
}

function endingNow(world: World, call: WorldCall) {
  return {
    direction: call.direction,
    outcome: call.outcome,
    external_number: call.external,
    internal_number: world.numbers.find(({ key }) => key === call.number)?.e164,
    agent_email: world.people.find(({ key }) => key === call.person)?.email,
    group: world.groups.find(({ key }) => key === call.group)?.name,
    ...(call.talkingTime > 0 && { talking_time: call.talkingTime }),
    waiting_time: call.waitingTime,
    notes: call.notes,
    tags: call.tags,
  }
}
