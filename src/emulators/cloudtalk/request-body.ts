/**
 * Reads what the API accepts as a body: JSON as documented, or a form with PHP's brackets
 * (`ContactNumber[0][public_number]=…`) as CloudTalk's own PHP SDK sends it (§1.6).
 *
 * @returns undefined for a body that is neither.
 */
export const parseBody = (text: string, contentType: string): unknown => {
  if (text.trim() === '') return {}
  if (/^\s*[[{]/.test(text) || contentType.includes('json')) {
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  }
  return parseForm(new URLSearchParams(text))
}

type Tree = { [key: string]: string | Tree }

const parseForm = (form: URLSearchParams): unknown => {
  const root: Tree = Object.create(null)
  for (const [name, value] of form) {
    const [, first = name, brackets = ''] = /^([^[]+)((?:\[[^\]]*\])*)$/.exec(name) ?? []
    const path = [first, ...[...brackets.matchAll(/\[([^\]]*)\]/g)].map(([, part = '']) => part)]
    let node = root
    for (const [depth, part] of path.entries()) {
      const key = part === '' ? String(Object.keys(node).length) : part
      if (depth === path.length - 1) {
        node[key] = value
        break
      }
      const inner = node[key]
      const next: Tree = typeof inner === 'object' ? inner : Object.create(null)
      node[key] = next
      node = next
    }
  }
  return arraysOf(root)
}

/** Objects whose keys are 0, 1, 2 … are lists. */
const arraysOf = (tree: Tree): unknown => {
  const entries = Object.entries(tree).map(
    ([key, value]) => [key, typeof value === 'string' ? value : arraysOf(value)] as const,
  )
  const isList = entries.length > 0 && entries.every(([key], index) => key === String(index))
  return isList ? entries.map(([, value]) => value) : Object.fromEntries(entries)
}
