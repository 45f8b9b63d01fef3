import type { Row } from './row.ts'

export const T21: Row = {
  id: 'T21',
  title: 'the event loop hangs',
  limit: 'restarted by the watchdog ≤ WatchdogSec + 5 s',
  mutation: null,
  run: async () => ({ notRun: 'needs systemd as the manager of the process, which is not there in a container' }),
}
