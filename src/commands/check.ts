import type { Configured } from '../http/configuring.ts'
import type { Check } from '../sync/check-accounts.ts'
import { type ConfiguringDesk, meantConnections, withConfiguring } from './with-configuring.ts'

const FINISH = 'Finish its set-up in the console, under Settings.'

/**
 * Asks both APIs with the keys of each connection, and reads what they allow. Writes nothing.
 * @param named the only one that is meant. @throws {ConfigError} where there is none.
 */
export const check = (env: Record<string, string | undefined>, named: string | undefined): Promise<Check[]> =>
  withConfiguring(env, async (desk) => {
    const { connections, several } = await meantConnections(desk, named)
    const checks = connections.map(async (one) =>
      (await checkOne(desk, one)).map((found) => ({
        ...found,
        name: several ? `${one.id}: ${found.name}` : found.name,
      })),
    )
    return (await Promise.all(checks)).flat()
  })

async function checkOne(
  desk: ConfiguringDesk,
  { id, kustomer, cloudtalk, problem }: Configured,
): Promise<Check[]> {
  if (problem !== undefined) return [{ name: 'set-up', ok: false, found: problem }]
  if (!kustomer || !cloudtalk) return [{ name: 'keys', ok: false, found: 'not complete', whatToDo: FINISH }]
  return desk.check(id)
}

export function checksAsText(checks: readonly Check[]): string {
  const lines = checks.map(
    ({ name, ok, found, whatToDo }) =>
      `${ok ? 'ok      ' : 'MISSING '} ${name}: ${found}${whatToDo ? `\n          ${whatToDo}` : ''}`,
  )
  return [
    ...lines,
    '',
    'CloudTalk has no API that shows its workflows; `recipes` prints what they should be.',
  ].join('\n')
}
