/** Whether billing has what was there: every reading the truth, every gap told. */
import { dayText } from './calendar.ts'
import type { Outcome } from './run.ts'

export interface Verdict {
  /** Readings that are as they must be. */
  readonly right: number
  /** Meters and days without any evidence, each told in the message of the day. */
  readonly gaps: number
  /** Days of meters that had no evidence at the close, and got some later. */
  readonly late: number
  /** What is wrong, in words. */
  readonly problems: readonly string[]
}

/** A day's message names so many. */
const MOST_NAMED = 100

export const judge = ({ ledger, truth, meters, missing }: Outcome): Verdict => {
  const problems: string[] = []
  let [right, gaps, late] = [0, 0, 0]
  for (const [day, atClose] of missing) {
    const truths = truth.of(day)
    const text = dayText(day)
    for (const { name } of meters) {
      const expected = truths.get(name)
      const standing = ledger.standing.get(`${name} ${text}`)
      if (expected === undefined && standing === undefined) gaps++
      else if (standing && expected?.precedence === standing.precedence && expected.states.has(standing.state)) right++
      else
        problems.push(
          `${name} ${text}: ${standing?.precedence} ${standing?.state}, not ${expected?.precedence} ${[...(expected?.states ?? [])]}`,
        )
    }
    late += atClose.filter((name) => truths.has(name)).length
    const issues = [...(ledger.days.get(text) ?? [])].sort((a, b) => a.issue - b.issue)
    const gapsNow = atClose.filter((name) => !truths.has(name))
    for (const [issue, names] of [
      [issues[0], atClose],
      [issues.at(-1), gapsNow],
    ] as const) {
      const told = JSON.stringify([issue?.expected, issue?.published, issue?.missing, issue?.missingCount])
      const named = [...names].sort().slice(0, MOST_NAMED)
      const wanted = JSON.stringify([meters.length, meters.length - names.length, named, names.length])
      if (told !== wanted) problems.push(`${text}: the message of the day ${issue?.issue} says ${told}, not ${wanted}`.slice(0, 400))
    }
  }
  for (const flag of ledger.flags) if (flag !== 'gap.before') problems.push(`the flag ${flag} in a city without faults`)
  return { right, gaps, late, problems }
}
