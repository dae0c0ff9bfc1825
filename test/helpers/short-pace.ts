import { defaultPace } from '../../src/sync/context.ts'

// Runs before the service does, in its process: see `SHORT_PACE`.
defaultPace.firstBackoffMs = 250
