/** The target as one instrumented script whose counters are one array: statements, functions, arms of branches. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { createInstrumenter } from 'istanbul-lib-instrument'

/** What of istanbul's report is used; its counters may be any array. */
interface FileCoverageData {
  s: Record<string, number> | Uint32Array
  f: Record<string, number> | Uint32Array
  b: Record<string, ArrayLike<number>>
  readonly branchMap: Readonly<Record<string, { readonly loc: { readonly start: { readonly line: number } } }>>
}

export interface Instrumented {
  run(data: Uint8Array): void
  /** How often each place was passed since they were last set to zero. */
  readonly counters: Uint32Array
  /** Where the arms of branches begin among the counters; they go to the end. */
  readonly armsFrom: number
  /** `src/wmbus/dll.ts`, for a counter of an arm. */
  fileOf(counter: number): string
}

const NAME = 'target.cjs'

function bundled(): string {
  const target = fileURLToPath(new URL('target.ts', import.meta.url))
  const { outputFiles } = buildSync({
    entryPoints: [target],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    write: false,
    charset: 'utf8',
  })
  return outputFiles[0]!.text
}

/** Lines of a bundle say which file begins: `// src/wmbus/dll.ts`. */
function filesByLine(code: string): readonly string[] {
  let file = ''
  return code.split('\n').map((line) => {
    file = /^\s*\/\/ ((?:src|fuzz)\/\S+\.ts)$/.exec(line)?.[1] ?? file
    return file
  })
}

/** Puts all counters of istanbul's report into one array; the script goes on counting there. */
function gathered(coverage: FileCoverageData): { readonly counters: Uint32Array; readonly armsFrom: number; readonly lines: number[] } {
  const statements = Object.keys(coverage.s).length
  const functions = Object.keys(coverage.f).length
  const branches = Object.entries(coverage.b)
  const armsFrom = statements + functions
  const counters = new Uint32Array(armsFrom + branches.reduce((sum, [, arms]) => sum + arms.length, 0))
  const lines: number[] = []
  coverage.s = counters.subarray(0, statements)
  coverage.f = counters.subarray(statements, armsFrom)
  for (const [id, { length }] of branches) {
    const at = armsFrom + lines.length
    coverage.b[id] = counters.subarray(at, at + length)
    for (let i = 0; i < length; i++) lines.push(coverage.branchMap[id]!.loc.start.line)
  }
  return { counters, armsFrom, lines }
}

export function instrumented(): Instrumented {
  const code = bundled()
  const files = filesByLine(code)
  const script = createInstrumenter({ esModules: false, compact: true, preserveComments: false }).instrumentSync(code, NAME)
  const module = { exports: {} as { run(data: Uint8Array): void } }
  new Function('module', 'exports', 'require', script)(module, module.exports, createRequire(import.meta.url))
  const { counters, armsFrom, lines } = gathered(
    (globalThis as unknown as { __coverage__: Record<string, FileCoverageData> }).__coverage__[NAME]!,
  )
  const { run } = module.exports
  return { run, counters, armsFrom, fileOf: (counter) => files[lines[counter - armsFrom]! - 1] ?? '' }
}
