import { KustomerError } from '../../kustomer/index.ts'

/** Of something that somebody may have deleted in Kustomer, what the request answers; nothing if it is gone. */
export async function ifThere<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (error instanceof KustomerError && error.failure.kind === 'notFound') return undefined
    throw error
  }
}
