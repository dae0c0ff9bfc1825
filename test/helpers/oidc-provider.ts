import { createHash, randomUUID } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** Whom the provider says that it knows, and how it errs. */
export interface Told {
  email?: string
  email_verified?: boolean
  name?: string
  /** Instead of what belongs there. */
  audience?: string
  nonce?: string
  issuer?: string
  state?: string
  /** Signs with a key that it does not publish. */
  foreignKey?: boolean
  /** Keeps the email out of the ID token: userinfo tells it. */
  byUserinfo?: boolean
  /** Answers that the person may not. */
  denies?: boolean
}

export interface OidcProvider {
  issuer: string
  clientId: string
  clientSecret: string
  /** From now on. */
  tells(told: Told): void
  /** Puts something else into the discovery document. */
  publishes(changes: Record<string, unknown>): void
  /** What was asked of it, by path. */
  asked: string[]
  close(): Promise<void>
}

const CLIENT = { clientId: 'cloudtalk-kustomer', clientSecret: 'a-client-secret-of-the-provider' }

/** An OpenID provider as small as can be: it knows one client, and lets everybody in at once. */
export async function startOidcProvider(): Promise<OidcProvider> {
  const [ours, foreign] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')])
  const codes = new Map<string, { challenge: string; nonce: string; redirectUri: string; told: Told }>()
  const asked: string[] = []
  let told: Told = {}
  let changes: Record<string, unknown> = {}
  let issuer = ''

  const profileOf = ({ email, email_verified = true, name = 'Nora New' }: Told) => ({
    email,
    email_verified,
    name,
  })
  const app = new Hono()
    .use(async (c, next) => {
      asked.push(c.req.path)
      await next()
    })
    .get('/.well-known/openid-configuration', (c) =>
      c.json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        userinfo_endpoint: `${issuer}/userinfo`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
        ...changes,
      }),
    )
    .get('/keys', async (c) =>
      c.json({ keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'k1', alg: 'RS256' }] }),
    )
    .get('/authorize', (c) => {
      const query = c.req.query()
      if (query.client_id !== CLIENT.clientId || query.code_challenge_method !== 'S256')
        return c.text('no', 400)
      const back = new URL(query.redirect_uri ?? '')
      back.searchParams.set('state', told.state ?? query.state ?? '')
      if (told.denies) back.searchParams.set('error', 'access_denied')
      else {
        const code = randomUUID()
        const { code_challenge: challenge = '', nonce = '', redirect_uri: redirectUri = '' } = query
        codes.set(code, { challenge, nonce, redirectUri, told })
        back.searchParams.set('code', code)
      }
      return c.redirect(back.href)
    })
    .post('/token', async (c) => {
      const form = await c.req.parseBody()
      const [, basic = ''] = (c.req.header('authorization') ?? '').split(' ')
      const [id, secret] = basic
        ? Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent)
        : [form.client_id, form.client_secret]
      if (id !== CLIENT.clientId || secret !== CLIENT.clientSecret) {
        return c.json({ error: 'invalid_client' }, 401)
      }
      const begun = codes.get(String(form.code))
      codes.delete(String(form.code))
      const challenge = createHash('sha256').update(String(form.code_verifier)).digest('base64url')
      if (!begun || begun.challenge !== challenge || begun.redirectUri !== form.redirect_uri) {
        return c.json({ error: 'invalid_grant' }, 400)
      }
      const { told } = begun
      const idToken = await new SignJWT({
        nonce: told.nonce ?? begun.nonce,
        ...(told.byUserinfo ? {} : profileOf(told)),
      })
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .setSubject(told.email ?? 'nobody')
        .setIssuer(told.issuer ?? issuer)
        .setAudience(told.audience ?? CLIENT.clientId)
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(told.foreignKey ? foreign.privateKey : ours.privateKey)
      return c.json({ access_token: JSON.stringify(told), token_type: 'Bearer', id_token: idToken })
    })
    .get('/userinfo', (c) => {
      const told = JSON.parse((c.req.header('authorization') ?? '').replace('Bearer ', '')) as Told
      return c.json({ sub: told.email ?? 'nobody', ...profileOf(told) })
    })

  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const listening = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
      issuer = `http://127.0.0.1:${port}`
      resolve(listening)
    })
  })
  return {
    issuer,
    ...CLIENT,
    tells: (next) => {
      told = next
    },
    publishes: (next) => {
      changes = next
    },
    asked,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}
