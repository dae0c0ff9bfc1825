import type { Context } from 'hono'
import type { z } from 'zod'
import type { Db } from '../../store/database.ts'
import type { Caller } from '../auth/api-token.ts'
import type { Ability } from '../auth/roles.ts'
import type { SignOn } from '../auth/sign-on.ts'
import type { Configuring } from '../configuring.ts'
import type { ConsoleConnection } from '../console/console.tsx'
import type { PeopleDesk } from '../people.ts'
import type { Proving } from '../proving.ts'

/** What every route is given besides what was asked. */
export interface Asked {
  c: Context
  caller: Caller
  /** The one that was named, or the first; of a route that is of one. */
  connection: ConsoleConnection
  connections: readonly ConsoleConnection[]
  configuring: Configuring
  db: Db
  desk: PeopleDesk
  proving: Proving
  /** Writes down what was done. @param connection where it is another one than the route's. */
  note(did: string, subject: string, connection?: string): Promise<void>
  signOn: SignOn
  now(): Date
}

/** Path parameters and queries arrive as text. */
export type Parameters = z.ZodObject
type Parsed<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined

/** One route of the API: what is registered, checked and described stands here once. */
export interface Route {
  method: 'get' | 'post' | 'delete'
  /** As in the document: `/runs/{id}`. */
  path: string
  /** Below which heading the document lists it. */
  subject: string
  /** One sentence for people. */
  does: string
  /** What the caller's role must allow. */
  ability: Ability
  /** Whether it is about one connection, which the query parameter `connection` may name. */
  ofConnection: boolean
  params: Parameters | undefined
  query: Parameters | undefined
  body: z.ZodType | undefined
  /** The status of an answer where all went well. */
  status: 200 | 201 | 202
  answer: z.ZodType
  /**
   * Refusals of its own: 404 for what is not there, 409 for what cannot be done as things are, 502 and 503 where a
   * vendor is asked meanwhile.
   */
  refuses: readonly (404 | 409 | 502 | 503)[]
  handle(asked: Asked, given: { params: unknown; query: unknown; body: unknown }): Promise<unknown | Response>
}

interface RouteOf<
  P extends Parameters | undefined,
  Q extends Parameters | undefined,
  B extends z.ZodType | undefined,
  A extends z.ZodType,
> extends Omit<
    Route,
    'ofConnection' | 'params' | 'query' | 'body' | 'status' | 'answer' | 'refuses' | 'handle'
  > {
  ofConnection?: boolean
  params?: P
  query?: Q
  body?: B
  status?: Route['status']
  answer: A
  refuses?: Route['refuses']
  handle(
    asked: Asked,
    given: { params: Parsed<P>; query: Parsed<Q>; body: Parsed<B> },
  ): Promise<z.output<A> | Response>
}

/** A route whose handler is given what its schemas allow, and answers what its schema says. */
export function route<
  A extends z.ZodType,
  P extends Parameters | undefined = undefined,
  Q extends Parameters | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(one: RouteOf<P, Q, B, A>): Route {
  return {
    ofConnection: true,
    status: 200,
    refuses: [],
    ...one,
    params: one.params,
    query: one.query,
    body: one.body,
    // What is given was parsed by these same schemas.
    handle: one.handle as Route['handle'],
  }
}
