import { conversationRoutes } from './conversations.ts'
import { mappingRoutes } from './mapping.ts'
import { overviewRoutes } from './overview.ts'
import { peopleRoutes } from './people.ts'
import { proofRoutes } from './proofs.ts'
import { recordRoutes } from './records.ts'
import { reviewRoutes } from './reviews.ts'
import type { Route } from './route.ts'
import { runRoutes } from './runs.ts'
import { settingsRoutes } from './settings.ts'
import { signOnRoutes } from './sign-on.ts'
import { tokenRoutes } from './tokens.ts'

/** The whole API: registered, described in the document, and shown on the page from this one list. */
export const routes: readonly Route[] = [
  ...overviewRoutes,
  ...recordRoutes,
  ...reviewRoutes,
  ...conversationRoutes,
  ...mappingRoutes,
  ...runRoutes,
  ...proofRoutes,
  ...settingsRoutes,
  ...peopleRoutes,
  ...tokenRoutes,
  ...signOnRoutes,
]
