/**
 * How many times as fast as the world a process that is killed lives. Its time-outs shrink with it, and what it does does not: at 100
 * an answer must come within 50 ms, which a busy machine needs for one, and the modem is reset without end.
 */
export const PACE = 10
