import { connect } from 'node:net'
import { type Loopback, loopback } from './loopback.ts'

/** A line to a port on loopback whose answers take long, as over a bad mobile network; what is sent arrives at once. */
export const slowLine = (to: number, lagMs: () => number): Promise<Loopback> =>
  loopback((near) => {
    const far = connect(to, '127.0.0.1')
    far.on('error', () => far.destroy())
    near.on('data', (bytes) => far.write(bytes))
    far.on('data', (bytes) => setTimeout(() => near.writable && near.write(bytes), lagMs()))
    near.on('close', () => far.end())
    far.on('close', () => near.destroy())
  })
