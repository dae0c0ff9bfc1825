import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AdminForms, makeAdmin } from '../helpers/api.ts'
import { customer } from '../helpers/records.ts'
import { type Stack, startStack } from '../helpers/service.ts'
import { until } from '../helpers/until.ts'

/** Which records a run is about: each figure of its page opens them. */

const WITH_PHONE = 60
const WITHOUT = 3

let stack: Stack
let admin: AdminForms
let preview: string
beforeAll(async () => {
  stack = await startStack({
    settings: { active: false },
    prepare: async ({ kustomer }) => {
      for (let at = 0; at < WITH_PHONE; at++) {
        await kustomer.api('POST', '/customers', customer(`+442071838${700 + at}`))
      }
      for (let at = 0; at < WITHOUT; at++) await kustomer.api('POST', '/customers', { name: `Nobody ${at}` })
    },
  })
  admin = await makeAdmin(stack)
  preview = await stack.service.operations.beginRun('preview', undefined)
  await until('it is done', async () => (await stack.service.operations.run(preview))?.state === 'done')
})
afterAll(() => stack?.close())

const hrefs = (html: string, pattern: RegExp): string[] =>
  [...html.matchAll(/href="([^"]+)"/g)]
    .map(([, href = '']) => href.replaceAll('&amp;', '&'))
    .filter((href) => pattern.test(href))
const traced = (html: string) => hrefs(html, /^\/trace\?q=/).map((href) => href.replace('/trace?q=', ''))

const expected = async (reason: string) =>
  (await stack.service.operations.runRecords(preview))
    .filter((record) => record.reason === reason)
    .map(({ id }) => id)

test('a preview tells which records would be left out, each with its trace', async () => {
  const page = await admin.page(`/runs/${preview}`)
  const [address = ''] = hrefs(page, /reason=NO_PHONE/)
  expect(address).toMatch(/outcome=skipped&reason=NO_PHONE#records$/)
  const left = traced(await admin.page(address))
  expect(left).toHaveLength(WITHOUT)
  expect(left).toEqual(await expected('NO_PHONE'))
})

test('a long list goes on, page by page', async () => {
  const [address = ''] = hrefs(await admin.page(`/runs/${preview}`), /reason=CREATED/)
  const first = await admin.page(address)
  const [next = ''] = hrefs(first, /reason=CREATED&after=/)
  const both = [...traced(first), ...traced(await admin.page(next))]
  expect(traced(first)).toHaveLength(50)
  expect(both).toEqual(await expected('CREATED'))
})
