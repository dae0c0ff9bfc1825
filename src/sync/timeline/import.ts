import { type BulkItems, type BulkKind, KustomerError } from '../../kustomer/index.ts'
import type { SyncContext } from '../context.ts'
import { currentMeter } from '../meter.ts'

/** Whether this settle brings over what was there before, rather than what happens now. */
export const isImport = (): boolean => currentMeter().priority === 'backfill'

/**
 * Creates one item with others of a run in a bulk request, marked as imported: so neither the limit of creations per
 * customer nor automations take it for something new (contract kustomer §1.4, §5.2).
 *
 * @param options.alone creates it by itself: a bulk's result does not say which key was refused.
 * @param options.shared whether it may share a request: one that is refused takes the others of its request along.
 */
export async function createImported<K extends Exclude<BulkKind, 'customers'>, Body extends object>(
  context: SyncContext,
  kind: K,
  body: Body & BulkItems[K],
  options: { alone(body: Body & { importedAt: string }): Promise<{ id: string }>; shared: boolean },
): Promise<{ id: string }> {
  const { alone, shared } = options
  const imported = { ...body, importedAt: context.now().toISOString() }
  if (!shared) return alone(imported)
  try {
    return await context.bulkWriter.create(kind, imported)
  } catch (error) {
    if (!(error instanceof KustomerError) || error.failure.kind !== 'rejected') throw error
    return alone(imported)
  }
}
