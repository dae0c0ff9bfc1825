import { created, done, invalid, notFound, REQUIRED } from './answers.ts'
import { type Account, type Handler, idOf } from './api.ts'
import { page } from './pages.ts'

/** GET /tags/index.json: the tags of contacts and calls together (§4). */
export const indexTags: Handler = (account, request) => {
  const id = request.query.get('id') ?? ''
  const tags = [...account.store.tags.values()].filter((tag) => id === '' || tag.id === idOf(id))
  return page(account, request, tags, (tag) => ({ Tag: { id: String(tag.id), name: tag.name } }))
}

const readName = ({ store }: Account, body: unknown): { name: string } | { problem: string } => {
  const name = typeof body === 'object' && body !== null && 'name' in body ? body.name : undefined
  if (typeof name !== 'string' || name.trim() === '') return { problem: REQUIRED }
  const taken = [...store.tags.values()].some((tag) => tag.name === name)
  return taken ? { problem: 'Tag has already been used. Please select different one.' } : { name }
}

/** PUT /tags/add.json. */
export const addTag: Handler = (account, { body }) => {
  const read = readName(account, body)
  if ('problem' in read) return invalid({ name: [read.problem] })
  const id = account.store.nextId()
  account.store.tags.set(id, { id, name: read.name })
  return created(id)
}

/** POST /tags/edit/{id}.json: contacts and calls that have the tag follow its new name. */
export const editTag: Handler = (account, { params, body }) => {
  const { store } = account
  const tag = store.tags.get(idOf(params.id))
  if (!tag) return notFound()
  const read = readName(account, body)
  if ('problem' in read) return invalid({ name: [read.problem] })
  renameEverywhere(account, tag.name, [read.name])
  store.tags.set(tag.id, { id: tag.id, name: read.name })
  return done()
}

/** DELETE /tags/delete/{id}.json. */
export const deleteTag: Handler = (account, { params }) => {
  const tag = account.store.tags.get(idOf(params.id))
  if (!tag) return notFound()
  renameEverywhere(account, tag.name, [])
  account.store.tags.delete(tag.id)
  return done()
}

const renameEverywhere = ({ store }: Account, from: string, to: string[]): void => {
  const renamed = (tags: string[]) => tags.flatMap((tag) => (tag === from ? to : [tag]))
  for (const contact of store.contacts.all())
    if (contact.tags.includes(from)) store.contacts.put({ ...contact, tags: renamed(contact.tags) })
  for (const call of store.calls.values()) call.tags = renamed(call.tags)
}
