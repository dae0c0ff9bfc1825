import { z } from 'zod'
import { BadRequest, readBody } from '../bad-request.ts'
import type { WebhookSender } from '../webhook-sender.ts'

/** The triggers of the dashboard (§5A): object → its actions. */
const TRIGGERS: Readonly<Record<string, readonly string[]>> = {
  Call: ['Started', 'Ringing on Agent', 'Answered', 'Modified', 'Ended', 'Raised Hand'],
  Message: ['Sent', 'Received'],
  Contact: ['Created', 'Updated', 'Deleted'],
  User: ['Created', 'Updated', 'Deleted', 'Status Changed'],
  Recording: ['Uploaded'],
  Transcription: ['Created'],
}

const triggerSchema = z
  .object({ object: z.enum(Object.keys(TRIGGERS)), action: z.string() })
  .refine(({ object, action }) => TRIGGERS[object]?.includes(action), {
    path: ['action'],
    error: ({ input }) => {
      const { object } = input as { object: string }
      return `${object} has the actions ${TRIGGERS[object]?.join(', ')}`
    },
  })

const workflowsSchema = z.array(
  z.object({
    name: z.string().min(1),
    trigger: triggerSchema,
    url: z.url({ protocol: /^https?$/ }),
    method: z.enum(['PUT', 'POST', 'PATCH', 'GET', 'DELETE']).default('POST'),
    headers: z.record(z.string().regex(/^[\w-]+$/, 'not a header name'), z.string()).default({}),
    values: z.array(
      z.object({
        key: z.string().min(1),
        /** Text with tokens, such as `{{ event.properties.call_id }}`. */
        value: z.string(),
        /** Without a format the token keeps its type, like an unquoted token of the raw body builder. */
        format: z.enum(['String', 'Number']).optional(),
      }),
    ),
  }),
)

export type Workflow = z.output<typeof workflowsSchema>[number]

/** What `event.properties` holds; one level of lists and objects below it, for `contacts[0].id`. */
export type Properties = Record<string, unknown>

export type Workflows = {
  current: () => Workflow[]
  /** @throws {BadRequest} Names the index and field. */
  replace: (input: unknown) => Workflow[]
  /** Sends one request for every workflow of the trigger, without signature, id or retry (§5A). */
  fire: (object: string, action: string, properties: Properties, delayMs?: number) => void
}

const TOKEN = /\{\{\s*event\.properties\.([^{}]+?)\s*\}\}/
const ONLY_TOKEN = new RegExp(`^\\s*${TOKEN.source}\\s*$`)

const lookUp = (properties: Properties, path: string): unknown =>
  path
    .split(/\.|\[|\]\.?/)
    .filter((part) => part !== '')
    .reduce<unknown>(
      (value, part) =>
        typeof value === 'object' && value !== null ? (value as Properties)[part] : undefined,
      properties,
    )

/** Flat JSON only: a list becomes its texts joined, any other object JavaScript's famous text (§5A, captured). */
const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value))

const wireValue = (
  { value, format }: Workflow['values'][number],
  properties: Properties,
): string | number | boolean | null => {
  const path = ONLY_TOKEN.exec(value)?.[1]
  const found =
    path === undefined
      ? value.replaceAll(new RegExp(TOKEN, 'g'), (_, inner: string) =>
          textOf(lookUp(properties, inner) ?? ''),
        )
      : (lookUp(properties, path) ?? null)
  if (found === null || textOf(found) === '') return null
  if (format === 'String') return textOf(found)
  if (format === 'Number') return Number.isNaN(Number(found)) ? null : Number(found)
  return typeof found === 'number' || typeof found === 'boolean' ? found : textOf(found)
}

/** Workflow Automations: an account's dashboard decides what is sent where, key by key (§5A). */
export const createWorkflows = ({ webhooks }: { webhooks: WebhookSender }): Workflows => {
  let workflows: Workflow[] = []
  return {
    current: () => workflows,
    replace: (input) => {
      if (!Array.isArray(input)) throw new BadRequest('expected a list of workflows')
      workflows = readBody(workflowsSchema, input)
      return workflows
    },
    fire: (object, action, properties, delayMs = 0) => {
      for (const { trigger, url, method, headers, values } of workflows) {
        if (trigger.object !== object || trigger.action !== action) continue
        const body = JSON.stringify(
          Object.fromEntries(values.map((value) => [value.key, wireValue(value, properties)])),
        )
        webhooks.send({
          url,
          method,
          headers: {
            accept: 'application/json, text/plain, */*',
            'content-type': 'application/json',
            ...headers,
            'user-agent': 'cloudtalk-workflow-automation',
          },
          body,
          retryDelaysMs: [],
          delayMs,
        })
      }
    },
  }
}
