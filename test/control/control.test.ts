import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { askDaemon } from '../../src/control/client.ts'
import { controlError } from '../../src/control/control-error.ts'
import { lineReader, MAX_LINE_BYTES } from '../../src/control/protocol.ts'
import { type Control, type ControlActions, startControl } from '../../src/control/server.ts'
import { createLog, silentLog } from '../../src/log.ts'

const KEY = 'C2E387277E39C9D821F3B05E1616F87C'

let directory: string
let path: string
let control: Control | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'varmesky-control-'))
  path = join(directory, 'control.sock')
})

afterEach(async () => {
  await control?.close()
  control = undefined
  rmSync(directory, { recursive: true })
})

const start = async (actions: ControlActions, log = silentLog): Promise<void> => {
  control = await startControl({ path, actions, log })
}
const ask = (action: string, args?: unknown): Promise<unknown> => askDaemon(path, action, args, AbortSignal.timeout(10_000))

/** Sends bytes as they are and gives what comes back until `lines` lines have come or the connection ends. */
const raw = (bytes: string | Uint8Array, lines: number): Promise<unknown[]> =>
  new Promise((done, failed) => {
    const answers: unknown[] = []
    const socket = createConnection(path).on('error', failed)
    socket.on('close', () => done(answers))
    socket.on(
      'data',
      lineReader(MAX_LINE_BYTES, (line) => (answers.push(JSON.parse(line)) < lines ? undefined : socket.destroy()), failed),
    )
    socket.write(bytes)
  })

describe('asking', () => {
  test('an action gets its arguments and gives its result', async () => {
    await start({ sum: (args) => (args as number[]).reduce((a, b) => a + b), nothing: () => undefined })
    expect(await ask('sum', [1, 2, 3])).toBe(6)
    expect(await ask('nothing')).toBeNull()
  })

  test('one action at a time, answered in the order of the requests', async () => {
    const trace: string[] = []
    const slow = async (args: unknown) => {
      trace.push(`+${args}`)
      await new Promise(setImmediate)
      trace.push(`-${args}`)
      return args
    }
    await start({ slow })
    const requests = ['a', 'b', 'c'].map((args, id) => `${JSON.stringify({ v: 1, id, action: 'slow', args })}\n`)
    expect(await raw(requests.join(''), 3)).toEqual([
      { id: 0, ok: true, result: 'a' },
      { id: 1, ok: true, result: 'b' },
      { id: 2, ok: true, result: 'c' },
    ])
    expect(trace.join('')).toBe('+a-a+b-b+c-c')
  })

  test('a refusal is an answer, and the next request is served', async () => {
    await start({
      refuse: () => {
        throw controlError('refused', 'not on a Sunday')
      },
      fine: () => 'fine',
    })
    await expect(ask('refuse')).rejects.toMatchObject({ controlCode: 'refused', message: 'not on a Sunday' })
    expect(await ask('fine')).toBe('fine')
  })

  test('an error is told, and logged without the arguments', async () => {
    const lines: string[] = []
    const log = createLog({ level: 'debug', to: { write: (line) => void lines.push(line) } })
    const breaks = () => {
      throw new Error('the disk is full')
    }
    await start({ breaks }, log)
    await expect(ask('breaks', { key: KEY, note: KEY })).rejects.toMatchObject({ controlCode: 'failed', message: 'the disk is full' })
    expect(lines.join('')).toContain('"action":"breaks"')
    expect(lines.join('')).not.toContain(KEY)
  })

  test.each([
    ['not JSON', '{"v":1,\n', { code: 'bad-request', message: 'a request is one JSON object on one line' }],
    ['no action', '{"v":1,"id":1}\n', { code: 'bad-request', message: 'a request has v, id, action and args' }],
    [
      'another version',
      '{"v":2,"id":1,"action":"a"}\n',
      { code: 'version', message: 'this daemon speaks control protocol 1: restart it after an upgrade' },
    ],
    [
      'an unknown action',
      '{"v":1,"id":1,"action":"meters.steal"}\n',
      { code: 'unknown-action', message: 'this daemon knows no action "meters.steal": restart it after an upgrade' },
    ],
    [
      'a key in the place of an action',
      `{"v":1,"id":1,"action":"${KEY}"}\n`,
      { code: 'unknown-action', message: 'this daemon knows no action: restart it after an upgrade' },
    ],
    ['a name that is none', '{"v":1,"id":1,"action":"a","by":"a\\nb"}\n', { code: 'bad-request' }],
    ['a name every object has', '{"v":1,"id":1,"action":"toString"}\n', { code: 'unknown-action' }],
  ])('%s is refused in words', async (_, line, error) => {
    await start({})
    expect(await raw(line, 1)).toMatchObject([{ ok: false, error }])
  })

  test('a request without end is cut off', async () => {
    await start({})
    expect(await raw(new Uint8Array(MAX_LINE_BYTES + 1).fill(0x20), 2)).toEqual([
      { id: null, ok: false, error: { code: 'bad-request', message: `a request is at most ${MAX_LINE_BYTES} bytes` } },
    ])
  })
})

describe('a daemon that does not answer', () => {
  test('is absent where there is no socket, or nobody behind it', async () => {
    await expect(ask('status')).rejects.toMatchObject({ unreachable: 'absent' })
    leaveSocketBehind()
    await expect(ask('status')).rejects.toMatchObject({ unreachable: 'absent' })
  })

  test.each([
    ['closes', (socket: { end(): void }) => socket.end()],
    ['talks nonsense', (socket: { end(text: string): void }) => socket.end('hello\n')],
  ])('is silent where it %s', async (_, behave) => {
    const server = createServer(behave).listen(path)
    await expect(ask('status')).rejects.toMatchObject({ unreachable: 'silent' })
    server.close()
  })

  test('is silent where the wait is ended', async () => {
    const server = createServer(() => {}).listen(path)
    const waiting = new AbortController()
    const answer = askDaemon(path, 'status', null, waiting.signal)
    waiting.abort()
    await expect(answer).rejects.toMatchObject({ unreachable: 'silent' })
    server.close()
  })
})

describe('the socket', () => {
  test('is for its owner and group, and goes with the daemon', async () => {
    await start({})
    expect(statSync(path).mode & 0o777).toBe(0o660)
    await control!.close()
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
  })

  test('takes the place of one that a killed daemon left behind', async () => {
    leaveSocketBehind()
    await start({ fine: () => 'fine' })
    expect(await ask('fine')).toBe('fine')
  })

  test('is not taken from a daemon that is alive, which goes on', async () => {
    await start({ fine: () => 'fine' })
    await expect(startControl({ path, actions: {}, log: silentLog })).rejects.toThrow('another daemon answers')
    expect(await ask('fine')).toBe('fine')
  })

  test('does not replace a file that is something else', async () => {
    writeFileSync(path, 'precious')
    await expect(start({})).rejects.toThrow('is not a socket')
    expect(statSync(path).size).toBe(8)
  })

  test.each([
    ['a directory that is not there', () => join(directory, 'no/control.sock'), 'its directory does not exist'],
    ['a path that is too long', () => join(directory, `${'x'.repeat(108)}.sock`), 'at most 107 bytes'],
  ])('says what to do about %s', async (_, where, message) => {
    await expect(startControl({ path: where(), actions: {}, log: silentLog })).rejects.toThrow(message)
  })

  test.skipIf(process.getuid?.() !== 0)('as another user (needs root): a member of its group may ask, a stranger may not', async () => {
    chmodSync(directory, 0o755)
    await start({})
    chownSync(path, 0, 4242)
    const connectAs = (gid: number): string => {
      const connect =
        'require("net").connect(process.argv[1]).on("connect", () => { console.log("in"); process.exit() }).on("error", (e) => console.log(e.code))'
      return execFileSync(
        'setpriv',
        ['--reuid', '65534', '--regid', String(gid), '--clear-groups', process.execPath, '-e', connect, path],
        { encoding: 'utf8' },
      ).trim()
    }
    expect([connectAs(4242), connectAs(4243)]).toEqual(['in', 'EACCES'])
  })
})

const leaveSocketBehind = (): void => {
  const listen = 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))'
  spawnSync(process.execPath, ['-e', listen, path])
  expect(statSync(path).isSocket()).toBe(true)
}

test('lines do not depend on how the bytes are cut', () => {
  const text = fc.array(fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', '')))
  fc.assert(
    fc.property(text, fc.array(fc.nat(40)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      const read: string[] = []
      const feed = lineReader(10_000, (line) => read.push(line), expect.unreachable)
      let from = 0
      for (const cut of cuts) {
        feed(bytes.subarray(from, from + cut))
        from += cut
      }
      feed(bytes.subarray(from))
      expect(read).toEqual(lines)
    }),
  )
})

test('a line of the limit passes, one byte more does not, whatever way it comes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 25 }), (length, chunk) => {
      const bytes = Buffer.from(`${'x'.repeat(length)}\ny\n`)
      const read: string[] = []
      const feed = lineReader(
        10,
        (line) => read.push(line),
        () => read.push('too long'),
      )
      for (let from = 0; from < bytes.length; from += chunk) feed(bytes.subarray(from, from + chunk))
      expect(read).toEqual(length <= 10 ? ['x'.repeat(length), 'y'] : ['too long'])
    }),
  )
})
