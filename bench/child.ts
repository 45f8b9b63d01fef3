import { type ForkOptions, fork } from 'node:child_process'

/** What a script told its parent: figures that need a process of their own. */
export const inChild = <Result>(script: URL, args: readonly string[], options: ForkOptions = {}): Promise<Result> =>
  new Promise((told, failed) => {
    const child = fork(script, args, options)
    child.once('message', (result) => told(result as Result))
    child.once('exit', (code) => failed(new Error(`${script.pathname} ended with ${code}`)))
  })
