/**
 * Phones and names are handed out by number, so that no two records share one by accident, however large the
 * world: each kind of record has lanes of its own.
 */
const LANES = 8

export const phoneSlot = {
  customer: (index: number) => index * LANES,
  customerSecond: (index: number) => index * LANES + 1,
  whatsapp: (index: number) => index * LANES + 2,
  shared: (index: number) => index * LANES + 3,
  contact: (index: number) => index * LANES + 4,
  contactSecond: (index: number) => index * LANES + 5,
  stranger: (index: number) => index * LANES + 6,
}

export const nameSlot = {
  customer: (index: number) => index * 2,
  contact: (index: number) => index * 2 + 1,
}
