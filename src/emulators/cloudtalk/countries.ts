import { answer } from './answers.ts'
import type { Handler } from './api.ts'

/** GET /countries/index.json: a bare array, without pages (§2.7). */
export const indexCountries: Handler = ({ store }) =>
  answer(store.countries.map(({ id, ...country }) => ({ Country: { id: String(id), ...country } })))
