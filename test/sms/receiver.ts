/** Modem, inbox and a real store, as the gateway puts them together. */
import type { Clock } from '../../src/clock.ts'
import { silentLog } from '../../src/log.ts'
import { serialPort } from '../../src/receivers/ports/serial.ts'
import { type Inbox, openInbox } from '../../src/sms/inbox.ts'
import { messageJson } from '../../src/sms/message.ts'
import { type Modem, startModem } from '../../src/sms/modem/modem.ts'
import type { Pin } from '../../src/sms/modem/setup.ts'
import { joinParts } from '../../src/sms/parts.ts'
import { decodePdu, isPdu } from '../../src/sms/pdu/pdu.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'

const NO_PIN: Pin = { value: async () => null, refused: () => false, giving() {}, accepted() {} }

export interface Receiver {
  readonly store: Store
  readonly inbox: Inbox
  readonly modem: Modem
  stop(): Promise<void>
}

interface ReceiverOptions {
  readonly path: string
  readonly directory: string
  readonly clock: Clock
  readonly pin?: Pin
  readonly deletes?: boolean
  /** Called with what was committed, before any of it is deleted. */
  committed?(): Promise<void>
}

/** Every whole message goes to quarantine as `test.whole`: that it stands there once is what is looked at. */
export function receiver({ path, directory, clock, pin = NO_PIN, deletes = true, committed }: ReceiverOptions): Receiver {
  const store = openStore({ directory, kek: null, clock })
  const inbox = openInbox({ book: store.sms, judge: () => ({ reason: 'test.whole' }), offer() {}, clock, log: silentLog })
  const modem = startModem({
    port: serialPort(path, 115200, clock),
    at: path,
    pin,
    deletes,
    clock,
    log: silentLog,
    async commit(pdus) {
      inbox.take(pdus)
      await committed?.()
    },
  })
  return {
    store,
    inbox,
    modem,
    async stop() {
      await modem.stop()
      store.close()
    },
  }
}

/** The texts of the messages in quarantine, by reason. */
export function textsIn(store: Store, reason: string): string[] {
  return store.sms
    .list({ state: 'quarantine' })
    .filter((entry) => entry.reason === reason)
    .flatMap(({ pdus }) => {
      const parts = joinParts<number>({ lifetimeMs: 1, most: 9 })
      const decoded = pdus.map(({ pdu }) => decodePdu(pdu)).filter(isPdu)
      return decoded.flatMap((pdu) => parts.add(pdu, 0, 0)).map(({ message }) => (message ? messageJson(message).text! : 'torn'))
    })
    .sort()
}
