import { expect, test } from 'vitest'
import { touchesMappedAttributes } from './customer-attributes.ts'

const change = { op: 'replace', before: 1, after: 2 }

test.each(['name', 'phones', 'emails', 'sharedWhatsapps', 'locations', 'urls', 'company', 'deleted'])(
  'a change of %s concerns the contact',
  (attribute) => {
    expect(touchesMappedAttributes({ updatedAt: change, [attribute]: change })).toBe(true)
  },
)

test('activity alone does not', () => {
  const activity = { updatedAt: change, lastActivityAt: change, rev: change, conversationCounts: change }
  expect(touchesMappedAttributes(activity)).toBe(false)
})
