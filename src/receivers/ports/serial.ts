import { stat } from 'node:fs/promises'
import { SerialPort } from 'serialport'
import type { Clock } from '../../clock.ts'
import type { Link, LinkEvents, Port } from './port.ts'
import { holdersOf, holdersText } from './port-holders.ts'

const HELD = 'another program has it open'
/** `holders`: as `holdersText` names them, or how to find out. */
export const heldBy = (holders: string): string =>
  `${HELD}: ${holders}. Stop it. ModemManager takes such ports too: sudo systemctl disable --now ModemManager`

/** What to try, by what the operating system says. */
const TROUBLES: readonly (readonly [RegExp, string])[] = [
  [/ENOENT|no such file|no such device/i, 'no such device: is it plugged in? What is there: ls -l /dev/serial/by-id'],
  [
    /permission denied|EACCES|EPERM/i,
    'not allowed to open it: the user must be in the group dialout: sudo usermod -aG dialout USER, then log in anew or restart the service',
  ],
  [/lock port|temporarily unavailable|busy|EBUSY/i, heldBy('fuser -v tells which')],
  [/inappropriate ioctl|ENOTTY|termios/i, 'not a serial port: is the path right? What is there: ls -l /dev/serial/by-id'],
]

/** What went wrong with a serial port, in words that say what to try. */
export const serialTrouble = (error: Error): string => TROUBLES.find(([said]) => said.test(error.message))?.[1] ?? error.message

/** A read of ours that was going on when we closed the port may hold its lock a moment longer: it takes no more looks than this. */
const LOCKED_TRIES = 4

/** Opens it: the trouble, with the programs that have it open as far as they can be seen, or null. Where nobody is seen, it is tried again. */
async function openPort(port: SerialPort, path: string): Promise<string | null> {
  let trouble = ''
  for (let left = LOCKED_TRIES; left > 0; left--) {
    const error = await new Promise<Error | null>((resolve) => port.open(resolve))
    if (error === null) return null
    trouble = serialTrouble(error)
    if (!trouble.startsWith(HELD)) return trouble
    const names = holdersText(await holdersOf(path))
    if (names !== '') return heldBy(names)
  }
  return trouble
}

/**
 * How often to look whether the device is still there. serialport itself misses an unplugging that falls into a read: it then reads
 * nothing for ever, at full speed and without an event (serialport/bindings-cpp#162).
 */
const LOOK_MS = 1000

/** Which device a path leads to now; rejects where there is none. A stick plugged in anew is another device under the same link. */
const deviceAt = async (path: string): Promise<string> => {
  const { dev, ino, rdev } = await stat(path)
  return `${dev}:${ino}:${rdev}`
}

/** A serial device by its path, 8N1 without flow control. */
export const serialPort = (path: string, baudRate: number, clock: Clock): Port => ({
  open(events: LinkEvents): Link {
    const port = new SerialPort({ path, baudRate, autoOpen: false, highWaterMark: 4096 })
    let over = false
    let stopLooking = (): void => {}

    const end = (trouble: string): void => {
      if (over) return
      over = true
      stopLooking()
      events.closed(trouble)
    }
    const open = async (): Promise<void> => {
      const device = await deviceAt(path)
      const trouble = await openPort(port, path)
      if (trouble !== null) end(trouble)
      if (over) return
      stopLooking = clock.every(LOOK_MS, () => {
        deviceAt(path).then(
          (found) => found === device || end('unplugged and plugged in again'),
          (error: Error) => end(serialTrouble(error)),
        )
      })
      port.on('data', (bytes: Buffer) => over || events.data(bytes))
      events.opened()
    }

    port.on('close', () => end('unplugged, or its driver gave up'))
    port.on('error', (error) => end(serialTrouble(error)))
    const opening = open().catch((error: Error) => end(serialTrouble(error)))
    return {
      write: (bytes) => void port.write(Buffer.from(bytes)),
      async close() {
        over = true
        stopLooking()
        await opening
        await new Promise<void>((resolve) => port.close(() => resolve()))
      },
    }
  },
})
