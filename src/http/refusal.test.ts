import { expect, test } from 'vitest'
import { CloudTalkError } from '../cloudtalk/index.ts'
import { KustomerError } from '../kustomer/index.ts'
import { Busy } from '../sync/busy.ts'
import { VendorAway } from '../sync/circuit.ts'
import { Undecidable } from '../sync/contacts/decide.ts'
import { refusalOf } from './refusal.ts'

const open = (cause: 'away' | 'refused') => ({
  cause,
  since: new Date(0),
  probeAt: new Date(0),
  sentence: 'why',
})

test.each<[label: string, error: Error, status: number, begun: boolean, says: string]>([
  ['as things are', new Undecidable('It is decided.'), 409, false, 'It is decided.'],
  ['busy', new Busy(), 409, false, 'synced at this moment'],
  ['away', new VendorAway('kustomer', open('away')), 503, true, 'Kustomer does not answer'],
  ['key', new VendorAway('cloudtalk', open('refused')), 502, true, 'CloudTalk refuses the connection’s key'],
  ['limit', new CloudTalkError('GET /x', { kind: 'rateLimited' }), 503, true, 'no more requests'],
  ['5xx', new KustomerError('GET /x', { kind: 'unavailable', status: 503 }), 503, true, 'does not answer'],
  ['401', new KustomerError('GET /x', { kind: 'unauthorized' }), 502, true, 'refuses the connection’s key'],
  [
    '403',
    new KustomerError('PUT /x', { kind: 'forbidden' }),
    502,
    true,
    'does not let the connection’s key do this',
  ],
  ['409', new KustomerError('PUT /x', { kind: 'conflict', fields: [] }), 502, true, 'did not take'],
])('%s', (_label, error, status, begun, says) => {
  expect(refusalOf(error)).toEqual({
    status,
    begun,
    error: expect.stringContaining(says),
    whatToDo: expect.stringMatching(/\w/),
  })
})

test('a mistake of our own is none', () => {
  expect(refusalOf(new TypeError('x is undefined'))).toBeUndefined()
})
