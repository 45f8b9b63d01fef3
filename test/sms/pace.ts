/**
 * How many times as fast as the world modems live in most tests. Their time-outs shrink with it, and what a process does meanwhile does
 * not: at 100 an answer must come within 50 ms, which a busy machine needs for one, and the modem is reset without end.
 */
export const PACE = 20
