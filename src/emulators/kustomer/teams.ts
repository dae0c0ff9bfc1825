import { type Operations, ok } from './call.ts'
import { notFound } from './errors.ts'
import { listPage } from './pages.ts'
import { render } from './wire.ts'

/** The older name of the read role is not published; users may read teams (contract §1.2). */
const READ = ['org.permission.team.read', 'org.user.team.read', 'org.admin.team.write']

/** Teams, to read (contract §3). */
export const teamOperations: Operations = {
  'GET /teams': {
    roles: READ,
    handle: (call) => ok(listPage(call, [...call.org.store.teams.values()], render, 500)),
  },
  'GET /teams/:id': {
    roles: READ,
    handle: ({ org, params }) => {
      const team = org.store.teams.get(params.id ?? '')
      if (!team) throw notFound('id')
      return ok({ data: render(team) })
    },
  },
}
