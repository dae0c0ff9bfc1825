import { z } from 'zod'
import { ask, idPath } from './requests.ts'
import type { Transport } from './transport.ts'
import { flag, type Page, type PageRequest, paged, resource, rev, single, text } from './wire.ts'

export const companySchema = resource(z.object({ rev, name: text, externalId: text, deleted: flag }))

export type Company = z.output<typeof companySchema>

export type CompanyWrite = {
  /** 3 to 255 characters (§3). */
  name: string
  externalId?: string
}

export const createCompanies = (transport: Transport) => ({
  get: (id: string): Promise<Company> =>
    ask(transport, single(companySchema), {
      method: 'GET',
      route: '/companies/:id',
      path: idPath('/companies', id),
    }),

  list: ({ page, pageSize }: PageRequest = {}): Promise<Page<Company>> =>
    ask(transport, paged(companySchema), {
      method: 'GET',
      route: '/companies',
      path: '/companies',
      query: { page, pageSize },
    }),

  create: (body: CompanyWrite): Promise<Company> =>
    ask(transport, single(companySchema), { method: 'POST', route: '/companies', path: '/companies', body }),
})
