import * as oidc from 'openid-client'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { Db } from '../../store/database.ts'
import {
  findSignOn,
  removeSignOn,
  SIGN_ON_SECRET,
  type StoredSignOn,
  saveSignOn,
} from '../../store/sign-on.ts'
import { Unopenable, type Vault } from '../../vault.ts'

/** Single sign-on by OpenID Connect: the provider of the stored setting, read anew at each sign-in (ADR 19). */
export interface SignOn {
  /** What is set up, without the secret. */
  setting(): Promise<SignOnSetting | undefined>
  /** Checks that the provider answers, and keeps it. @throws {SignOnRefused} */
  save(setting: z.output<typeof signOnForm>): Promise<void>
  /** @returns false where nothing was set up. */
  remove(): Promise<boolean>
  /** Where the provider sends people back to. */
  callback(): string
  /** Where a person signs in, and what proves afterwards that the same browser comes back. @throws {SignOnRefused} */
  begin(): Promise<{ to: URL; begun: Begun }>
  /** Who came back. @param search what the provider put into the address. @throws {SignOnRefused} */
  finish(search: string, begun: Begun): Promise<SignedOn>
}

export type SignOnSetting = Omit<StoredSignOn, 'sealedSecret'>

/** Kept in the person's browser meanwhile. */
export const begun = z.object({ state: z.string(), nonce: z.string(), verifier: z.string() })
export type Begun = z.output<typeof begun>

/** Somebody whom the provider knows, by a verified email. */
export interface SignedOn {
  email: string
  name: string
  /** The role of newcomers, where somebody with this email is let in without an invitation. */
  newcomer: string | undefined
  provider: string
}

/** Why somebody is not signed in, or the setting not kept: in a sentence or two for whoever sees it. */
export class SignOnRefused extends Error {
  override readonly name = 'SignOnRefused' as const
  /** Whose fault it is: the person may not, or the provider does not answer as it should. */
  readonly status: 403 | 502

  constructor(status: 403 | 502, sentence: string) {
    super(sentence)
    this.status = status
  }
}

export const NEWCOMER_ROLES = ['agent', 'supervisor'] as const

export const isSafeIssuer = (text: string): boolean => {
  const url = URL.parse(text)
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === '127.0.0.1')
  return safe && url.username === '' && url.search === '' && url.hash === ''
}

/** An email's domain, as people write it. */
const domain = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^([a-z0-9-]+\.)+[a-z0-9-]+$/, 'is no domain like example.com')

export const signOnForm = z.strictObject({
  name: z.string().trim().min(1).max(60).meta({ description: 'as people know the provider' }),
  issuer: z
    .string()
    .trim()
    .refine(isSafeIssuer, 'must be an https address without a query')
    .meta({ description: 'the provider’s issuer address' }),
  clientId: z.string().trim().min(1).max(500),
  clientSecret: z
    .string()
    .trim()
    .min(1)
    .max(1_000)
    .optional()
    .meta({ description: 'the stored one stays where none is given and issuer and client id are the same' }),
  domains: z.array(domain).max(50).meta({ description: 'of emails that are let in without an invitation' }),
  role: z.enum(NEWCOMER_ROLES).meta({ description: 'of those who are let in so' }),
})

const TIMEOUT_SECONDS = 10
const SCOPE = 'openid email profile'

export interface SignOnPorts {
  db: Db
  /** Where the client secret is sealed; undefined = no key was given, so there is no single sign-on. */
  vault: Vault | undefined
  /** Where browsers reach the console. */
  publicUrl(): string
  log: Logger
}

export function createSignOn({ db, vault, publicUrl, log }: SignOnPorts): SignOn {
  const callback = () => new URL('/sign-in/callback', publicUrl()).href

  async function clientOf(
    { issuer, clientId, name }: SignOnSetting,
    secret: string,
  ): Promise<oidc.Configuration> {
    const server = new URL(issuer)
    const client = await oidc
      .discovery(server, clientId, undefined, secretBy(secret), {
        [oidc.customFetch]: fetchOf(server.origin),
        // Without this the library trusts TLS instead of the ID token's signature.
        execute: [
          oidc.enableNonRepudiationChecks,
          ...(server.protocol === 'http:' ? [oidc.allowInsecureRequests] : []),
        ],
        timeout: TIMEOUT_SECONDS,
      })
      .catch((error: unknown) => {
        log.warn({ err: error }, 'the single sign-on provider cannot be reached')
        throw new SignOnRefused(
          502,
          `${name} does not answer as it should at ${issuer}. Try again in a moment.`,
        )
      })
    const { token_endpoint, jwks_uri, userinfo_endpoint } = client.serverMetadata()
    const elsewhere = [token_endpoint, jwks_uri, userinfo_endpoint].find(
      (address) => address !== undefined && URL.parse(address)?.origin !== server.origin,
    )
    if (elsewhere !== undefined) {
      throw new SignOnRefused(
        502,
        `${name} is to be asked at ${elsewhere}, too. The service sends nothing to another host than the issuer’s.`,
      )
    }
    return client
  }

  async function present(): Promise<{ signOn: StoredSignOn; client: oidc.Configuration }> {
    const signOn = await findSignOn(db)
    if (!signOn || !vault)
      throw new SignOnRefused(403, 'Single sign-on is not set up. Sign in with a password.')
    return { signOn, client: await clientOf(signOn, await secretOf(vault, signOn)) }
  }

  const secretOf = (vault: Vault, signOn: StoredSignOn): Promise<string> =>
    vault.open(SIGN_ON_SECRET, signOn.sealedSecret).catch((error: unknown) => {
      if (!(error instanceof Unopenable)) throw error
      log.error(error.message)
      throw new SignOnRefused(
        502,
        'Single sign-on is out of order: tell an administrator to set it up again.',
      )
    })

  /** The stored secret goes to nobody but those it was given for. */
  async function secretFor(setting: z.output<typeof signOnForm>): Promise<string> {
    if (setting.clientSecret !== undefined) return setting.clientSecret
    const stored = await findSignOn(db)
    const same = stored?.issuer === setting.issuer && stored.clientId === setting.clientId
    if (!stored || !same || !vault) throw new SignOnRefused(403, 'Give the client secret, too.')
    return secretOf(vault, stored)
  }

  return {
    callback,
    async setting() {
      const signOn = await findSignOn(db)
      if (!signOn) return undefined
      const { sealedSecret: _, ...setting } = signOn
      return setting
    },
    async save(form) {
      if (!vault) {
        throw new SignOnRefused(
          403,
          'The secret cannot be kept: set ENCRYPTION_KEY, and start the service again.',
        )
      }
      const secret = await secretFor(form)
      const { clientSecret: _, ...setting } = form
      await clientOf(setting, secret)
      await saveSignOn(db, { ...setting, sealedSecret: await vault.seal(SIGN_ON_SECRET, secret) })
    },
    remove: () => removeSignOn(db),
    async begin() {
      const { client } = await present()
      const verifier = oidc.randomPKCECodeVerifier()
      const kept = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier }
      const to = oidc.buildAuthorizationUrl(client, {
        redirect_uri: callback(),
        scope: SCOPE,
        state: kept.state,
        nonce: kept.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      return { to, begun: kept }
    },
    async finish(search, { state, nonce, verifier }) {
      const { signOn, client } = await present()
      const came = new URL(callback())
      came.search = search
      const claims = await claimsOf(client, came, { state, nonce, verifier }).catch((error: unknown) => {
        log.warn({ err: error }, 'a single sign-on was refused')
        throw error instanceof oidc.AuthorizationResponseError
          ? new SignOnRefused(403, `${signOn.name} did not let you in.`)
          : new SignOnRefused(
              403,
              `What ${signOn.name} answered cannot be trusted. Start again; if it stays so, tell an administrator.`,
            )
      })
      return signedOn(signOn, claims)
    },
  }
}

interface Claims {
  email: unknown
  email_verified: unknown
  name: unknown
}

/** State, PKCE, nonce, issuer, audience, times and signature are checked by the library. */
async function claimsOf(
  client: oidc.Configuration,
  came: URL,
  { state, nonce, verifier }: Begun,
): Promise<Claims> {
  const tokens = await oidc.authorizationCodeGrant(client, came, {
    expectedState: state,
    expectedNonce: nonce,
    pkceCodeVerifier: verifier,
    idTokenExpected: true,
  })
  const claims = tokens.claims()
  if (!claims) throw new Error('the provider gave no ID token')
  const told =
    claims.email === undefined ? await oidc.fetchUserInfo(client, tokens.access_token, claims.sub) : claims
  return { email: told.email, email_verified: told.email_verified, name: told.name ?? claims.name }
}

function signedOn({ name: provider, domains, role }: StoredSignOn, claims: Claims): SignedOn {
  const email = z.email().safeParse(String(claims.email ?? '').toLowerCase())
  if (!email.success) {
    throw new SignOnRefused(403, `${provider} tells no email of you, so nobody knows who you are here.`)
  }
  if (claims.email_verified !== true && claims.email_verified !== 'true') {
    throw new SignOnRefused(403, `${provider} has not verified your email. Verify it there, and try again.`)
  }
  const isOurs = domains.includes(email.data.split('@').at(-1) ?? '')
  const name = typeof claims.name === 'string' && claims.name.trim() !== '' ? claims.name.trim() : email.data
  return { email: email.data, name, newcomer: isOurs ? role : undefined, provider }
}

/** In the body where the provider takes it so: not all read the header as the standard has it. */
const secretBy =
  (secret: string): oidc.ClientAuth =>
  (server, client, body, headers) => {
    const inBody = server.token_endpoint_auth_methods_supported?.includes('client_secret_post')
    const by = inBody ? oidc.ClientSecretPost : oidc.ClientSecretBasic
    return by(secret)(server, client, body, headers)
  }

/** Requests leave for the issuer's own address, whatever its document says, and follow no redirect. */
const fetchOf =
  (origin: string): oidc.CustomFetch =>
  async (url, options) => {
    if (new URL(url).origin !== origin)
      throw new TypeError(`${new URL(url).origin} is not the issuer’s address`)
    return fetch(url, { ...options, redirect: 'manual' })
  }
