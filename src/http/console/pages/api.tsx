import { Hono } from 'hono'
import { BASE, type Json, jsonSchema, mayInWords, parametersOf } from '../../api/document.ts'
import type { Route } from '../../api/route.ts'
import { routes } from '../../api/routes.ts'
import type { ConsoleEnv } from '../console.tsx'
import { Page } from '../layout.tsx'

/** The same list that the routes are registered from, for people. */
export const apiPage = new Hono<ConsoleEnv>().get('/api', (c) =>
  c.html(
    <Page
      title="API"
      lead="What the console does, for programs: requests and answers are JSON."
      path="/api"
      c={c}
    >
      <section aria-labelledby="how">
        <h2 id="how">How to ask</h2>
        <p>
          Each request carries an API token, which an administrator makes under People. It may do what its
          role allows.
        </p>
        <pre>{`curl -H 'Authorization: Bearer ctk_…' ${new URL(c.var.ports.publicUrl).origin}${BASE}/me`}</pre>
        <p>
          A refusal says what happened (<code>error</code>) and what to do (<code>whatToDo</code>): 400 where
          something does not fit, 401 without a good token, 403 where its role does not allow it, 404 for what
          is not there, 409 for what cannot be done at present, 429 after too many requests.
        </p>
        <p>
          <a href={`${BASE}/openapi.json`}>The same as an OpenAPI 3.1 document</a>
        </p>
      </section>
      {[...new Set(routes.map(({ subject }) => subject))].map((subject) => (
        <section aria-label={subject}>
          <h2>{subject}</h2>
          {routes
            .filter((route) => route.subject === subject)
            .map((route) => (
              <Operation route={route} />
            ))}
        </section>
      ))}
    </Page>,
  ),
)

const Operation = ({ route }: { route: Route }) => {
  const parameters = parametersOf(route)
  return (
    <article class="panel">
      <h3>
        <code>
          {route.method.toUpperCase()} {BASE}
          {route.path}
        </code>
      </h3>
      <p>
        {route.does} <small>For the role {mayInWords(route.ability)}.</small>
      </p>
      {parameters.length > 0 && (
        <dl class="facts">
          {parameters.map(({ name, where, required, schema }) => (
            <>
              <dt>
                <code>{name}</code>{' '}
                <small>
                  {where}
                  {!required && ', may be left out'}
                </small>
              </dt>
              <dd>{inWords(jsonSchema(schema, 'input'))}</dd>
            </>
          ))}
        </dl>
      )}
      {route.body && <Schema title="Body" schema={jsonSchema(route.body, 'input')} />}
      <Schema title={`Answer ${route.status}`} schema={jsonSchema(route.answer, 'output')} />
      {route.refuses.length > 0 && <p class="soft">May be refused with {route.refuses.join(' or ')}.</p>}
    </article>
  )
}

const Schema = ({ title, schema }: { title: string; schema: Json }) => (
  <details>
    <summary>{title}</summary>
    <pre>{shapeOf(schema, (schema.$defs ?? {}) as Json)}</pre>
  </details>
)

/** A parameter's type and what it is, in a line. */
function inWords(schema: Json): string {
  return [shapeOf({ ...schema, description: undefined }, (schema.$defs ?? {}) as Json), schema.description]
    .filter(Boolean)
    .join(': ')
}

/** More choices than these are counted instead of shown. */
const MOST_CHOICES = 10

/** A schema as people write JSON: `{ "id": text, "at"?: date and time }`. */
function shapeOf(schema: Json, types: Json, indent = ''): string {
  const { $ref, type, properties, items, anyOf, oneOf, additionalProperties, enum: choices, format } = schema
  const inner = `${indent}  `
  const nested = (one: unknown) => shapeOf(one as Json, types, inner)
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1) ?? ''
    return shapeOf((types[name] ?? {}) as Json, types, indent)
  }
  if (Array.isArray(anyOf ?? oneOf)) {
    return ((anyOf ?? oneOf) as Json[]).map((one) => shapeOf(one, types, indent)).join(' or ')
  }
  if (Array.isArray(choices)) {
    const shown = choices.slice(0, MOST_CHOICES).map((one) => JSON.stringify(one))
    const more = choices.length - shown.length
    return shown.join(' | ') + (more > 0 ? ` | … (${more} more)` : '')
  }
  if ('const' in schema) return JSON.stringify(schema.const)
  if (type === 'array') return `[${shapeOf((items ?? {}) as Json, types, indent)}, …]`
  if (properties) {
    const required = (schema.required ?? []) as string[]
    const lines = Object.entries(properties as Record<string, Json>).map(([name, one]) => {
      const description = one.description ? `   — ${String(one.description)}` : ''
      return `${inner}"${name}"${required.includes(name) ? '' : '?'}: ${nested(one)}${description}`
    })
    return `{\n${lines.join('\n')}\n${indent}}`
  }
  if (type === 'object') return `{ …: ${nested(additionalProperties ?? {})} }`
  if (format === 'date-time') return 'date and time'
  return TYPES[String(type)] ?? 'anything'
}

const TYPES: Record<string, string> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true | false',
  null: 'null',
}
