import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { here, trial } from './cli.ts'

const box = trial()
const cli = (...args: string[]) => here('--config', box.file, ...args)

test('config show and schema print what is in effect and what is allowed', async () => {
  writeFileSync(box.file, 'gateway: box\nday: { closesAfter: 90m }\n')
  expect(JSON.parse((await cli('config', 'show', '--json')).stdout)).toMatchObject({
    gateway: 'box',
    day: { closesAfter: '90m', tolerance: '15m' },
    keep: { confirmed: '90d', unconfirmed: '400d', telegrams: '2d', sms: '14d', salvaged: '30d' },
  })
  expect((await cli('config', 'show')).stdout).toContain('closesAfter: 90m\n')
  expect(await cli('config', 'check')).toEqual({
    status: 0,
    stdout: `${box.file} is right\n`,
    stderr: 'note: no receivers: nothing can be heard\n',
  })
  writeFileSync(box.file, 'gateway: box\nreceivers: [{ name: a, use: im871a, at: /dev/no-stick }]\nmqtt: { url: mqtt://b, ca: ca.pem }\n')
  expect((await cli('config', 'check')).stderr).toBe(
    [
      'note: mqtt.url is mqtt://: readings and the password are sent unencrypted',
      'note: /dev/no-stick is not there, or this user may not see it',
      `note: ${box.directory}/ca.pem is not there, or this user may not see it`,
      '',
    ].join('\n'),
  )
  writeFileSync(box.file, 'gatway: box\n')
  expect(await cli('config', 'check')).toMatchObject({ status: 1, stderr: expect.stringMatching(/did you mean gateway\?\n2 problems\n$/) })
  expect(JSON.parse((await cli('config', 'schema')).stdout)).toMatchObject({ required: ['gateway'] })
})
