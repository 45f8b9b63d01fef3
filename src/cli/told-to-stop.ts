/** Ends a wait: a signal, or nobody who reads any more. A second signal does not wait. */
export function toldToStop(): { readonly stopped: Promise<void>; forget(): void } {
  let stop = (): void => {}
  const stopped = new Promise<void>((resolve) => {
    let told = false
    stop = () => {
      if (told) process.exit(1)
      told = true
      resolve()
    }
  })
  process.stdout.on('error', stop)
  for (const signal of SIGNALS) process.on(signal, stop)
  return {
    stopped,
    forget() {
      process.stdout.off('error', stop)
      for (const signal of SIGNALS) process.off(signal, stop)
    },
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
