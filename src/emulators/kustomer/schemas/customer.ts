import { z } from 'zod'
import {
  custom,
  dateTime,
  emailItem,
  externalIdItem,
  locationFields,
  phoneItem,
  sentiment,
  socialItem,
  tags,
  uniqueList,
  url,
  urlItem,
  whatsappItem,
} from './parts.ts'

const name255 = z.string().max(255)
const date = dateTime.nullable().optional()

/** The body of create, PUT and PATCH (kustomer-openapi.json, CustomerWrite; contract §2.3). */
export const customerWrite = z.strictObject({
  name: z.string().max(256).nullable().optional(),
  company: z.string().nullable().optional(),
  externalId: z.string().min(1).max(256).nullable().optional(),
  username: z.string().max(256).nullable().optional(),
  signedUpAt: date,
  lastActivityAt: date,
  lastCustomerActivityAt: date,
  lastSeenAt: date,
  avatarUrl: url.nullable().optional(),
  externalIds: uniqueList(externalIdItem, 10).optional(),
  sharedExternalIds: uniqueList(externalIdItem, 10).optional(),
  emails: uniqueList(emailItem, 10).optional(),
  sharedEmails: uniqueList(emailItem, 10).optional(),
  phones: uniqueList(phoneItem, 10).optional(),
  sharedPhones: uniqueList(phoneItem, 10).optional(),
  whatsapps: uniqueList(whatsappItem, 10).optional(),
  facebookIds: uniqueList(
    z.strictObject({ pageId: name255, userId: name255, name: name255.optional() }),
    10,
  ).optional(),
  instagramIds: uniqueList(
    z.strictObject({
      pageId: name255,
      threadId: name255,
      username: name255,
      instagramId: name255.optional(),
    }),
    10,
  ).optional(),
  socials: uniqueList(socialItem, 10).optional(),
  sharedSocials: uniqueList(socialItem, 10).optional(),
  urls: uniqueList(urlItem, 10).optional(),
  locations: uniqueList(z.strictObject(locationFields), 10).optional(),
  locale: z.string().max(16).nullable().optional(),
  timeZone: z.string().max(64).nullable().optional(),
  tags: tags.optional(),
  sentiment: sentiment.optional(),
  custom: custom.optional(),
  birthdayAt: date,
  gender: z.enum(['m', 'f']).nullable().optional(),
  createdAt: dateTime.optional(),
  importedAt: dateTime.optional(),
  rev: z.number().optional(),
  defaultLang: z.string().max(100).nullable().optional(),
})

export type CustomerWrite = z.output<typeof customerWrite>

/** The published bulk PUT does not know these two (contract §2.3). */
export const customerBulkUpdate = customerWrite.omit({ whatsapps: true, instagramIds: true })

export const customerMerge = z.strictObject({
  source: z.string().regex(/^[0-9a-fA-F]{24}$/),
  target: z.string().regex(/^[0-9a-fA-F]{24}$/),
})
