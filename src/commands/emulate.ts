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
  await using opened = new AsyncDisposableStack()
  const open = async (option: string, port: number, make: typeof createKustomerEmulator) =>
    opened.adopt(await make({ ...world, port }).catch(sayTaken(option, port)), (made) => made.close())
  const cloudtalk = await open('--cloudtalk-port', options.cloudtalkPort, createCloudTalkEmulator)
  const kustomer = await open('--kustomer-port', options.kustomerPort, createKustomerEmulator)
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
}

const sayTaken =
  (option: string, port: number) =>
  (error: Error): never => {
    if (!('code' in error) || error.code !== 'EADDRINUSE') throw error
    throw new Error(`port ${port} is taken; choose another one with ${option}, or 0 for any`)
  }
