import { z } from 'zod'

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\]):\d{1,5}$/

/** Figures for Prometheus. Only on this machine: a page without a password is nothing for a network. */
export const metrics = z.strictObject({
  listen: z
    .string()
    .refine(
      (at) => LOOPBACK.test(at) && URL.canParse(`http://${at}`),
      'must be an address of this machine and a port such as 127.0.0.1:9464: figures are for a Prometheus or an agent on this box',
    )
    .describe('Address and port of http://…/metrics, on this machine only; port 0: any free one, told in the log'),
})
