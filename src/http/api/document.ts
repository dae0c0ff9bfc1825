import { z } from 'zod'
import packageJson from '../../../package.json' with { type: 'json' }
import { type Ability, rolesWith } from '../auth/roles.ts'
import type { Route } from './route.ts'
import { refusal } from './schemas.ts'

/** Part of a document: JSON Schema or OpenAPI. */
export type Json = { [key: string]: unknown }

/** Where the API is, below the service's address. */
export const BASE = '/api/v1'

/** "supervisor or admin". */
export const mayInWords = (ability: Ability): string =>
  new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(rolesWith(ability).toReversed())

/** What an answer with this status means, where it is no success. */
const REFUSALS: Record<string, string> = {
  400: 'Something in the request does not fit; the answer says what.',
  401: 'The bearer token is missing or not accepted.',
  403: 'The role of the token does not allow it.',
  404: 'There is no such thing.',
  409: 'It cannot be done as things are; the answer says why.',
  429: 'Too many requests, or too many wrong tokens; `Retry-After` says when to come again.',
  502: 'A vendor refused a part of it, or the connection’s key.',
  503: 'A vendor does not answer at this moment.',
}

/** The OpenAPI 3.1 document of these routes. */
export function documentOf(routes: readonly Route[]): Json {
  const schemas: Json = {}
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => hoisted(jsonSchema(schema, io), schemas)
  const paths: Record<string, Json> = {}
  for (const one of routes) {
    const path = BASE + one.path
    paths[path] = { ...paths[path], [one.method]: operationOf(one, schemaOf) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'CloudTalk ⇄ Kustomer',
      version: packageJson.version,
      description:
        'What the console does, for programs. Each request has an API token, which an administrator makes in the console under People, as its bearer token.',
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    tags: [...new Set(routes.map(({ subject }) => subject))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas,
    },
  }
}

function operationOf(one: Route, schemaOf: (schema: z.ZodType, io: 'input' | 'output') => Json): Json {
  const json = (schema: Json) => ({ 'application/json': { schema } })
  const refused = ['400', '401', '403', ...one.refuses.map(String), '429']
  return {
    operationId: operationIdOf(one),
    tags: [one.subject],
    summary: one.does,
    description: `For the role ${mayInWords(one.ability)}.`,
    parameters: parametersOf(one).map(({ name, where, required, schema }) => ({
      name,
      in: where,
      required,
      schema: schemaOf(schema, 'input'),
    })),
    ...(one.body && { requestBody: { required: true, content: json(schemaOf(one.body, 'input')) } }),
    responses: {
      [one.status]: { description: 'Done.', content: json(schemaOf(one.answer, 'output')) },
      ...Object.fromEntries(
        refused.map((status) => [
          status,
          { description: REFUSALS[status], content: json(schemaOf(refusal, 'output')) },
        ]),
      ),
    },
  }
}

export interface Parameter {
  name: string
  where: 'path' | 'query'
  required: boolean
  schema: z.ZodType
}

const connection = z.string().meta({ description: 'a connection’s id; without it the first one is meant' })

/** What stands in the address of a route's requests. */
export function parametersOf({ params, query, ofConnection }: Route): Parameter[] {
  const of = (where: Parameter['where'], schema: Route['params']): Parameter[] =>
    Object.entries(schema?.shape ?? {}).map(([name, one]) => ({
      name,
      where,
      required: !(one as z.ZodType).safeParse(undefined).success,
      schema: one as z.ZodType,
    }))
  return [
    ...of('path', params),
    ...of('query', query),
    ...(ofConnection
      ? [{ name: 'connection', where: 'query', required: false, schema: connection } as const]
      : []),
  ]
}

/** `postRunsIdPause` */
const operationIdOf = ({ method, path }: Route): string =>
  method + [...path.matchAll(/\w+/g)].map(([word]) => word.charAt(0).toUpperCase() + word.slice(1)).join('')

/** A schema as JSON Schema 2020-12; moments are what they are in JSON. */
export const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type !== 'date') return
      jsonSchema.type = 'string'
      jsonSchema.format = 'date-time'
    },
  }) as Json
  return json
}

/** Named types go to the document's own list, and are referred to there. */
function hoisted({ $defs = {}, ...schema }: Json, schemas: Json): Json {
  const moved = JSON.parse(
    JSON.stringify({ schema, $defs }).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as { schema: Json; $defs: Json }
  Object.assign(schemas, moved.$defs)
  return moved.schema
}
