/**
 * The wall clock is never right where it shows a time before this day, on which this release was being made. A test holds it
 * to the newest release in CHANGELOG.md and to the newest commit, so that it is not forgotten.
 */
export const RELEASED = '2026-10-01'
export const RELEASED_UTC_MS: number = Date.parse(RELEASED)
