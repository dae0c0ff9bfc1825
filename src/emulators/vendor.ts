import type { World } from './world/world.ts'

/** What a vendor brings; {@link startEmulator} adds the server, the request log, faults and controls. */
export type Vendor = {
  /** Answers a vendor request. Called only for paths outside `/__emulator`. */
  fetch: (request: Request) => Response | Promise<Response>
  /** The name of the request's route, for the log and the faults: `METHOD /pattern`. `path` has no query. */
  routeOf: (method: string, path: string) => string
  /** The answer of the fault kind `status`, in the vendor's own error shape. */
  failure: (status: number, path: string) => Response
  /** Replaces everything stored by this world, and forgets limits and registered webhooks. */
  load: (world: World) => void
  /** Everything as stored. */
  state: () => unknown
  switches: { current: () => object; patch: (input: unknown) => object }
  /** More controls than the common ones: `PUT /workflows` → its handler. Its answer is sent as JSON. */
  controls?: Record<string, ControlHandler>
}

/** @throws {BadRequest} Answered as 400 `{ error }`. */
export type ControlHandler = (input: { body: unknown; params: Record<string, string> }) => unknown
