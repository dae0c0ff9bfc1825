import type { Settings } from '../mapping/settings.ts'
import { type SettingsChange, settingsChanges } from '../mapping/settings-fields.ts'
import type { Check } from '../sync/check-accounts.ts'
import type { Recipe } from '../sync/recipes.ts'

/** A connection as it is set up. */
export interface Configured {
  id: string
  settings: Settings
  /** What the settings file says is changed there. */
  settingsFrom: 'file' | 'console'
  /** Keys of the environment or the settings file are changed there. */
  accountsFrom: 'environment' | 'console'
  kustomer: { org: string; apiUrl: string } | undefined
  cloudtalk: { accessKeyId: string } | undefined
  /** Whether CloudTalk's account webhooks have a signing secret. */
  accountWebhooks: boolean
  /** Of what is saved: one more with each change. */
  revision: number
  /** Why it cannot run although its keys are there. */
  problem: string | undefined
}

export interface KustomerKey {
  org: string
  apiKey: string
  /** Where the org's API is elsewhere than at the usual address. */
  apiUrl?: string | undefined
}

export interface CloudTalkKey {
  accessKeyId: string
  accessKeySecret: string
}

/** What an administrator sets up; each change takes effect in every process within seconds. */
export interface Configuring {
  /** All of them, those that cannot run yet included. */
  connections(): Promise<Configured[]>
  /**
   * Makes a connection, switched off, once Kustomer accepts the key with all its roles.
   * @returns its id. @throws {Unsettable}
   */
  create(name: string, key: KustomerKey): Promise<string>
  /** @throws {Unsettable} where Kustomer does not accept it, or a role is missing. */
  setKustomer(id: string, key: KustomerKey): Promise<void>
  /** @throws {Unsettable} where CloudTalk does not accept it. */
  setCloudTalk(id: string, key: CloudTalkKey): Promise<void>
  /** Of CloudTalk's account webhooks, `whsec_…`. @throws {Unsettable} */
  setAccountWebhookSecret(id: string, secret: string): Promise<void>
  /** @param revision that the change was made to. @throws {Unsettable} where somebody was faster. */
  saveSettings(id: string, revision: number, settings: Settings): Promise<void>
  /** Asks both vendors with the keys that are kept. @throws {Unsettable} where a key is missing. */
  check(id: string): Promise<Check[]>
  /** The workflows to make in CloudTalk, with their secret. @throws {Unsettable} where a key is missing. */
  recipes(id: string): Promise<Recipe[]>
}

/** Saves settings, and notes each change. @returns the changes. @throws {Unsettable} */
export async function changeSettings(
  configuring: Pick<Configuring, 'saveSettings'>,
  { id, settings: before }: Configured,
  revision: number,
  after: Settings,
  note: (did: string, subject: string) => Promise<void>,
): Promise<SettingsChange[]> {
  const changes = settingsChanges(before, after)
  if (changes.length === 0) return changes
  await configuring.saveSettings(id, revision, after)
  for (const { label, before: was, after: is } of changes)
    await note('changed', `“${label}” from ${was} to ${is}`)
  return changes
}

/** Why something cannot be set as asked for: a sentence for people, and what was found of each key. */
export class Unsettable extends Error {
  override readonly name = 'Unsettable' as const
  readonly checks: readonly Check[]

  constructor(message: string, checks: readonly Check[] = []) {
    super(message)
    this.checks = checks
  }
}
