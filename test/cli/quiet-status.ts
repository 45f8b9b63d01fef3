import type { GatewayStatus } from '../../src/control/status.ts'

/** A gateway that has heard nothing and has nothing to say. */
export const QUIET: GatewayStatus = {
  gateway: 'box',
  version: '0.1.0',
  startedAt: null,
  mode: 'normal',
  failedStarts: 0,
  receivers: [],
  outcomes: { observation: 0, duplicate: 0, unlisted: 0, incomplete: 0, refused: 0, fault: 0, internal: 0 },
  reasons: {},
  meters: { registered: 0, heardToday: 0, nextKeys: 0 },
  ignored: { 'no-time': 0, 'no-register': 0, unlisted: 0, late: 0 },
  unlisted: null,
  clock: {
    known: false,
    reason: 'unknown',
    text: 'the time was not told',
    provisional: { held: 0, dated: 0, dropped: { between: 0, full: 0, rebooted: 0 } },
  },
  day: null,
  sinks: [],
  store: { state: 'ok', since: null, reason: null, tries: 0, waiting: 0, dropped: 0, salvage: null },
  sms: null,
  retention: { lost: 0, date: null, last: null },
}
