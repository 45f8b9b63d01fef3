/** The example consumers as billing would run them, and what they keep. */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Sqlite } from '../../src/store/disk/sqlite.ts'

const EXAMPLES = new URL('../../examples/', import.meta.url)
const path = (name: string): string => fileURLToPath(new URL(name, EXAMPLES))

const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0
const pythonWith = (module: string): string | undefined =>
  ['python3', '/usr/bin/python3'].find((python) => runs(python, '-c', `import ${module}`))
/** Debian's python3-paho-mqtt belongs to Debian's own Python. */
export const PYTHON = pythonWith('sqlite3')
export const PYTHON_MQTT = pythonWith('sqlite3, paho.mqtt.client')

export interface Consumer {
  readonly name: string
  readonly command: readonly string[]
  /** How it takes the address of a broker. */
  broker(port: number): string
}

export const JAVASCRIPT: Consumer = {
  name: 'JavaScript',
  command: [process.execPath, path('consumer.mjs')],
  broker: (port) => `mqtt://127.0.0.1:${port}`,
}
export const pythonConsumer = (python: string): Consumer => ({
  name: 'Python',
  command: [python, path('consumer.py')],
  broker: (port) => `127.0.0.1:${port}`,
})

export const startConsumer = ({ command: [program, ...args] }: Consumer, source: string, database: string) =>
  spawn(program!, [...args, source, database], { stdio: ['pipe', 'inherit', 'inherit'] })

/** Has it read messages from its standard input, to the end. */
export const feedConsumer = (consumer: Consumer, database: string, bodies: readonly string[]): Promise<number | null> =>
  new Promise((ended) => {
    const child = startConsumer(consumer, '-', database)
    child.stdin.end(bodies.map((body) => `${body}\n`).join(''))
    child.on('close', ended)
  })

/** One line per meter and day. Of two gateways that heard the same, whose body was kept is a matter of order. */
export const ledgerIn = (database: string): readonly string[] => {
  const db = new Sqlite(database, { readonly: true })
  try {
    const columns = `meter, day, id, precedence, json_extract(body, '$.registers')`
    return db.prepare<[], string>(`SELECT concat_ws(' ', ${columns}) FROM reading ORDER BY meter, day`).pluck().all()
  } finally {
    db.close()
  }
}

const [CREATE, UPSERT] = readFileSync(path('consumer.sql'), 'utf8').split(/(?<=;)\n/)

/** The same with the SQL alone. */
export const ledgerBySql = (database: string, bodies: readonly string[]): readonly string[] => {
  const db = new Sqlite(database)
  db.exec(CREATE!)
  const put = db.prepare(UPSERT!)
  db.transaction(() => {
    for (const body of bodies) {
      const { meter, day, id, precedence } = JSON.parse(body)
      put.run({ meter: `${meter.manufacturer}-${meter.id}`, day, id, precedence, body })
    }
  })()
  db.close()
  return ledgerIn(database)
}
