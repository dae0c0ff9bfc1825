import { z } from 'zod'
import {
  custom,
  dateTime,
  emailItem,
  phoneItem,
  socialItem,
  tags,
  uniqueList,
  urlItem,
  whatsappItem,
} from './parts.ts'

/** Create; `name` has 3 to 255 characters (contract §3). */
export const companyCreate = z.strictObject({
  name: z.string().min(3).max(255),
  externalId: z.string().max(256).optional(),
  emails: uniqueList(emailItem, 10).optional(),
  phones: uniqueList(phoneItem, 10).optional(),
  whatsapps: uniqueList(whatsappItem, 10).optional(),
  socials: uniqueList(socialItem, 10).optional(),
  urls: uniqueList(urlItem, 10).optional(),
  tags: tags.optional(),
  custom: custom.optional(),
  defaultLang: z.string().max(100).nullable().optional(),
  createdAt: dateTime.optional(),
  importedAt: dateTime.optional(),
  rev: z.number().optional(),
})

export const companyUpdate = companyCreate.partial()

export type CompanyWrite = z.output<typeof companyUpdate>
