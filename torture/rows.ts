import type { Row } from './row.ts'
import { T1 } from './t01-kills.ts'
import { T2 } from './t02-power.ts'
import { T3 } from './t03-outage.ts'
import { T4 } from './t04-silence.ts'
import { T5 } from './t05-storm.ts'
import { T6 } from './t06-reasons.ts'
import { T7 } from './t07-backlog.ts'
import { T8 } from './t08-full-disk.ts'
import { T9 } from './t09-disk-gone.ts'

export const ROWS: readonly Row[] = [T1, T2, T3, T4, T5, T6, T7, T8, T9]
