import { expect, test } from 'vitest'
import { parseBody } from './request-body.ts'

test.each([
  ['nothing', '', '', {}],
  ['JSON', '{"a":[1]}', 'application/json', { a: [1] }],
  ['JSON that is called a form', '[{"a":1}]', 'application/x-www-form-urlencoded', [{ a: 1 }]],
  ['broken JSON', '{"a"', 'application/json', undefined],
  ['a flat form', 'a=1&b=x+y', '', { a: '1', b: 'x y' }],
  ['lists of objects', 'N[0][n]=1&N[1][n]=2', '', { N: [{ n: '1' }, { n: '2' }] }],
  ['lists without index', 'tags[]=a&tags[]=b', '', { tags: ['a', 'b'] }],
  ['a list at the top', '0[action]=x&0[data][id]=1', '', [{ action: 'x', data: { id: '1' } }]],
  ['keys that are no form keys', 'a[b=1', '', { 'a[b': '1' }],
  ['a key of JavaScript', '__proto__[polluted]=1', '', JSON.parse('{"__proto__":{"polluted":"1"}}')],
])('reads %s', (_, text, contentType, expected) => {
  expect(parseBody(text, contentType)).toEqual(expected)
  expect({}).not.toHaveProperty('polluted')
})
