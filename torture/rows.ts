import type { Row } from './row.ts'
import { T1 } from './t01-kills.ts'
import { T2 } from './t02-power.ts'
import { T4 } from './t04-silence.ts'
import { T5 } from './t05-storm.ts'
import { T6 } from './t06-reasons.ts'
import { T7 } from './t07-backlog.ts'

export const ROWS: readonly Row[] = [T1, T2, T4, T5, T6, T7]
