import { type Handler, idOf } from './api.ts'
import { page } from './pages.ts'

/** `connected_to` of a number that rings a group (§4). */
const TO_GROUP = '0'

/** GET /numbers/index.json (§4); every number of the world is taken and rings a group. */
export const indexNumbers: Handler = (account, request) => {
  const { query } = request
  const asked = (name: string, value: string) => (query.get(name) ?? '') === '' || query.get(name) === value
  const numbers = account.store.numbers.filter(
    (number) =>
      ((query.get('id') ?? '') === '' || number.id === idOf(query.get('id'))) &&
      asked('country_code', number.country_code) &&
      asked('area_code', number.area_code) &&
      asked('connected_to', TO_GROUP) &&
      asked('is_free', '0'),
  )
  return page(account, request, numbers, ({ id, source_id, ...number }) => ({
    CallNumber: {
      id: String(id),
      country_code: number.country_code,
      area_code: number.area_code,
      internal_name: number.internal_name,
      caller_id_e164: number.caller_id_e164,
      is_redirected: false,
      connected_to: TO_GROUP,
      source_id: String(source_id),
    },
  }))
}
