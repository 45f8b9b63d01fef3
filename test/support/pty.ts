import { closeSync, readdirSync, readlinkSync, writeSync } from 'node:fs'
import type { ReadStream } from 'node:tty'
import * as pty from 'node-pty'

/** A real pseudo terminal: the product opens `path`, the test is the device at the other end. */
export interface Pty {
  readonly path: string
  /** Bytes from the device; resolves once the terminal has taken them. */
  write(bytes: Uint8Array): Promise<void>
  /** Bytes to the device. */
  onData(listener: (bytes: Uint8Array) => void): void
  /** Hangs up, as a stick that is pulled out does: the path is gone. */
  close(): void
}

/** What node-pty has and does not type. */
interface NodePty {
  open(options: { encoding: null }): { _pty: string; _fd: number; _master: ReadStream; _slave: ReadStream }
}

const openFilesOf = (path: string): number[] =>
  readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path
      } catch {
        return false
      }
    })

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

export async function openPty(): Promise<Pty> {
  const { _pty: path, _fd: fd, _master: master, _slave: slave } = (pty as unknown as NodePty).open({ encoding: null })
  master.on('error', () => {})
  slave.setRawMode(true)
  // node-pty reads at the product's end, too. Without that, its other file there keeps the terminal alive while the product has it closed.
  await new Promise((resolve) => {
    slave.once('close', resolve)
    slave.destroy()
  })
  const keepers = openFilesOf(path)
  let open = true

  return {
    path,
    onData: (listener) => void master.on('data', listener),
    async write(bytes) {
      for (let at = 0; at < bytes.length && open; ) {
        try {
          at += writeSync(fd, bytes, at)
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
          await nextTurn()
        }
      }
    },
    close() {
      if (!open) return
      open = false
      master.destroy()
      for (const keeper of keepers) closeSync(keeper)
    },
  }
}
