import { stringify } from 'yaml'
import { ConfigError } from '../config.ts'
import { Unsettable } from '../http/configuring.ts'
import { settingsSchema } from '../mapping/settings.ts'
import { type SettingsChange, settingsChanges } from '../mapping/settings-fields.ts'
import { DEFAULT, readSettings } from '../settings-file.ts'
import type { ConfiguringDesk } from './with-configuring.ts'

/** All settings in the form of a settings file; no key is among them. */
export async function exportSettings(
  desk: ConfiguringDesk,
  connection: string | undefined,
): Promise<{ connections: Record<string, unknown> }> {
  const all = await desk.connections()
  const wanted = connection === undefined ? all : all.filter(({ id }) => id === connection)
  if (connection !== undefined && wanted.length === 0) throw noSuch(connection)
  return { connections: Object.fromEntries(wanted.map(({ id, settings }) => [id, settings])) }
}

export const settingsAsYaml = (file: object): string => stringify(file).trimEnd()

/** Per connection, what was changed. */
export type Imported = Record<string, SettingsChange[]>

/**
 * Saves the settings of a file; what it leaves out is set to its default. Nothing is saved where anything is wrong.
 * @param connection that alone is taken of the file; into which what a file without names says is saved.
 * @throws {ConfigError} where the file is wrong, or names a connection that there is not. @throws {Unsettable}
 */
export async function importSettings(
  desk: ConfiguringDesk,
  file: string,
  connection: string | undefined,
): Promise<Imported> {
  const { connections: given, problems } = readSettings(file, file)
  if (problems.length > 0) throw new ConfigError(problems)
  const all = await desk.connections()
  const [only] = all
  // A file of one connection does not name it.
  const unnamed = Object.keys(given).every((id) => id === DEFAULT)
  const meant = connection ?? (all.length === 1 ? only?.id : undefined) ?? DEFAULT
  const taken = Object.entries(given)
    .map(([id, settings]) => [unnamed ? meant : id, settings] as const)
    .filter(([id]) => connection === undefined || id === connection)
  if (taken.length === 0) {
    throw new ConfigError([`${file}: connections.${connection} is missing, and --connection asks for it`])
  }
  const wanted = taken.map(([id, { cloudtalk, kustomer, accountWebhookSecret, ...settings }]) => {
    if (cloudtalk ?? kustomer ?? accountWebhookSecret) {
      throw new ConfigError([
        `${file}: keys are not imported; set them in the console, and leave them out here`,
      ])
    }
    const found = all.find((one) => one.id === id)
    if (!found) throw noSuch(id)
    return { found, settings: settingsSchema.parse(settings) }
  })
  for (const { found, settings } of wanted) {
    if (found.settingsFrom === 'file' && settingsChanges(found.settings, settings).length > 0) {
      throw new Unsettable(
        `Nothing was saved: the settings of ${found.id} stand in the settings file. Change them there.`,
      )
    }
  }
  const imported: Imported = {}
  for (const { found, settings } of wanted) imported[found.id] = await desk.change(found, settings)
  return imported
}

const noSuch = (id: string): ConfigError =>
  new ConfigError([`there is no connection "${id}": set it up in the console first`])

export function importedAsText(imported: Imported): string {
  const lines = Object.entries(imported).flatMap(([id, changes]) =>
    changes.length === 0
      ? [`${id}: nothing changed.`]
      : [
          `${id}:`,
          ...changes.map(
            ({ label, before, after, effect }) => `  ${label}: ${before} → ${after}\n    ${effect}`,
          ),
        ],
  )
  return [...lines, '', 'What stands in CloudTalk and Kustomer already stays as it is.'].join('\n')
}
