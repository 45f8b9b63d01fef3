import type { Dialect, DialectContext } from '../dialect.ts'
import { hexLines } from './lines.ts'
import { rtl433 } from './rtl-433.ts'
import { rtlWmbus } from './rtl-wmbus.ts'

/** What other programs write, a telegram a line: nobody answers, and no link mode is set. */
export const STREAMS = {
  hex: hexLines,
  lines: hexLines,
  rtl_wmbus: rtlWmbus,
  rtl_433: rtl433,
} satisfies Readonly<Record<string, (context: DialectContext) => Dialect>>

export type StreamName = keyof typeof STREAMS

export const isStream = (name: string): name is StreamName => Object.hasOwn(STREAMS, name)
