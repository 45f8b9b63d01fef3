/** As much of vitest as these tests use: what they describe becomes a flat list, to be run in one process again and again. */
import { format } from 'node:util'
import { expect } from 'vitest'

export { expect }

/** `{ id, run }` of every test in the order of the files. */
export const tests = []

let scope = { name: '', file: '', before: [], after: [] }

/** Takes in what `load`, the import of one test file, describes. */
export async function collect(file, load) {
  scope = { name: '', file, before: [], after: [] }
  await load()
}

function describeOne(name, body) {
  const outer = scope
  scope = { ...outer, name: `${outer.name} ${name}`.trim(), before: [...outer.before], after: [...outer.after] }
  body()
  scope = outer
}

function itOne(name, body) {
  const { file, before, after } = scope
  const run = async () => {
    try {
      for (const hook of before) await hook()
      await body()
    } finally {
      for (const hook of after) await hook()
    }
  }
  // Stryker tells tests apart by their ids, and two may have one name.
  const base = `${file}#${`${scope.name} ${name}`.trim()}`
  const same = tests.filter(({ id }) => id === base || id.startsWith(`${base} (`)).length
  tests.push({ id: same === 0 ? base : `${base} (${same})`, run })
}

const each = (one) => (rows) => (name, body) => {
  for (const row of rows) {
    const values = Array.isArray(row) ? row : [row]
    const used = (name.match(/%[a-z]/g) ?? []).length
    one(format(name, ...values.slice(0, used)), () => body(...values))
  }
}

export const describe = Object.assign(describeOne, { each: each(describeOne) })
export const it = Object.assign(itOne, { each: each(itOne) })
export const beforeEach = (hook) => scope.before.push(hook)
export const afterEach = (hook) => scope.after.push(hook)
/** Imported on the way by helpers that these tests do not use. */
export const onTestFinished = () => {}
export const vi = {}
