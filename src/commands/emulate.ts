import { createCloudTalkEmulator } from '../emulators/cloudtalk/index.ts'
import { createKustomerEmulator } from '../emulators/kustomer/index.ts'
import { untilSignal } from './signals.ts'

export interface EmulateOptions {
  cloudtalkPort: number
  kustomerPort: number
  customers: number
  contacts: number
  calls: number
  seed: number
  /** Milliseconds of a limit minute. */
  minute: number
}

/** Runs both vendors' emulators until it is told to stop. @throws when a port is taken. */
export async function emulate(options: EmulateOptions): Promise<void> {
  const { customers, contacts, calls, seed, minute: minuteMs } = options
  const world = { customers, contacts, calls, seed, minuteMs }
  const stopped = untilSignal()
  const cloudtalk = await createCloudTalkEmulator({ ...world, port: options.cloudtalkPort })
  const kustomer = await createKustomerEmulator({ ...world, port: options.kustomerPort })
  console.log(`CloudTalk emulator  ${cloudtalk.url}/api   key CLOUDTALK / emulator
Kustomer emulator   ${kustomer.url}/v1    bearer emulator, org acme

Point a service at them:
  export CLOUDTALK_ACCESS_KEY_ID=CLOUDTALK CLOUDTALK_ACCESS_KEY_SECRET=emulator
  export CLOUDTALK_API_URL=${cloudtalk.url}/api
  export CLOUDTALK_ANALYTICS_URL=${cloudtalk.url}/analytics/api
  export CLOUDTALK_AI_URL=${cloudtalk.url}/ai/v1
  export KUSTOMER_ORG=acme KUSTOMER_API_KEY=emulator KUSTOMER_API_URL=${kustomer.url}
  npm start

See what they hold at /__emulator/state. Ctrl-C ends both.`)
  await stopped
  await Promise.all([cloudtalk.close(), kustomer.close()])
}
