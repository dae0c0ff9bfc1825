import type { World, WorldCall } from '../emulators/world/world.ts'

/** Lets calls end in the CloudTalk emulator, evenly over `overMs`; each fires its webhooks. */
export async function endCalls(
  emulatorUrl: string,
  world: World,
  calls: readonly WorldCall[],
  overMs: number,
): Promise<void> {
  const started = Date.now()
  for (const [index, call] of calls.entries()) {
    const due = started + (overMs * index) / calls.length
    if (due > Date.now()) await new Promise((resolve) => setTimeout(resolve, due - Date.now()))
    const response = await fetch(`${emulatorUrl}/__emulator/calls`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(endingNow(world, call)),
    })
    if (!response.ok) throw new Error(`the emulator refused a call: ${await response.text()}`)
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
