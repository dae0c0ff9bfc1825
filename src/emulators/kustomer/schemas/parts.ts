import { z } from 'zod'

/** Formats and pieces that several bodies share; limits from kustomer-openapi.json, formats from contract §2.3. */

export const objectId = z.string().regex(/^[0-9a-fA-F]{24}$/)

/** Stored in the vendor's one form, `2025-03-21T20:23:52.827Z`, whatever offset came. */
export const dateTime = z.iso.datetime({ offset: true }).transform((value) => new Date(value).toISOString())

const email = z.string().regex(/^[^\s@]+@[^\s@]+$/)
const phoneNumber = z.string().regex(/^\+?[1-9]\d{1,14}$/)
const whatsappNumber = z.string().regex(/^whatsapp:\+?[1-9]\d{1,14}$/)
export const url = z.string().refine((value) => URL.canParse(value), { error: 'format' })

/** A tag's name; an id of one fits it too. */
export const tag = z.string().regex(/^[0-9a-zA-ZÀ-ÿ_/<>\-.]{1}[0-9a-zA-ZÀ-ÿ _/<>\-.]{0,63}$/)

/** JSON Schema's `uniqueItems`. */
export const uniqueList = <T extends z.ZodType>(item: T, most?: number) => {
  const list = most === undefined ? z.array(item) : z.array(item).max(most)
  return list.refine((items) => new Set(items.map((one) => JSON.stringify(one))).size === items.length, {
    error: 'uniqueItems',
  })
}

export const tags = uniqueList(tag, 20)

/** The org has no custom attributes, so every key is one too many (contract §1.3). */
export const custom = z.strictObject({})

export const sentiment = z.strictObject({
  polarity: z.union([z.literal(-1), z.literal(0), z.literal(1)]),
  confidence: z.number().min(-1).max(1),
})

export const queue = z
  .strictObject({
    id: z.string().nullable().optional(),
    external: z.literal('amazon-connect').nullable().optional(),
  })
  .refine((value) => value.id !== undefined || value.external !== undefined, { error: 'anyOf' })

const attachment = z.strictObject({
  _id: objectId,
  name: z.string(),
  contentType: z.string(),
  contentLength: z.number(),
  sourceId: objectId.optional(),
})

export const attachments = uniqueList(attachment)

export const attachmentIds = uniqueList(objectId)

const locationType = z.enum(['home', 'work', 'other'])

export const locationFields = {
  type: locationType.nullable().optional(),
  name: z.string().nullable().optional(),
  address: z.string().max(256).nullable().optional(),
  address2: z.string().max(256).nullable().optional(),
  address3: z.string().max(256).nullable().optional(),
  latitude: z.number().nullable().optional(),
  longitude: z.number().nullable().optional(),
  countryCode: z.string().length(2).nullable().optional(),
  countryName: z.string().max(64).nullable().optional(),
  regionCode: z.string().max(2).nullable().optional(),
  regionName: z.string().max(128).nullable().optional(),
  cityName: z.string().max(128).nullable().optional(),
  zipCode: z.string().max(30).nullable().optional(),
  areaCode: z.string().max(30).nullable().optional(),
}

const verified = z.boolean().optional()

export const emailItem = z.strictObject({
  type: z.enum(['home', 'work', 'other']).optional(),
  email,
  verified,
})

export const phoneItem = z.strictObject({
  type: z.enum(['mobile', 'home', 'work', 'fax', 'other']).optional(),
  phone: phoneNumber,
  verified,
})

export const whatsappItem = z.strictObject({
  type: z.literal('mobile').optional(),
  phone: whatsappNumber,
  verified,
})

export const socialItem = z.strictObject({
  type: z.enum(['twitter', 'facebook', 'instagram', 'linkedin', 'pinterest']),
  userid: z.string().max(256).optional(),
  username: z.string().min(1).max(256),
  url: url.optional(),
  verified,
})

export const urlItem = z.strictObject({ type: z.enum(['website', 'blog', 'other']).optional(), url })

export const externalIdItem = z.strictObject({ externalId: z.string().min(1).max(255), verified })
