import { afterEach, expect, it, vi } from 'vitest'
import { toldToStop } from '../../src/cli/told-to-stop.ts'
import { manualClock } from '../../src/clock.ts'

const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never)
afterEach(() => exit.mockClear())

it('a signal that is passed on twice is one; a second one does not wait', async () => {
  const clock = manualClock(null)
  const { stopped, forget } = toldToStop(clock)
  process.emit('SIGINT', 'SIGINT')
  clock.advance(500)
  process.emit('SIGINT', 'SIGINT')
  expect(await stopped).toBe('SIGINT')
  expect(exit).not.toHaveBeenCalled()
  clock.advance(1)
  process.emit('SIGTERM', 'SIGTERM')
  expect(exit).toHaveBeenCalledWith(1)
  forget()
})

it('one that is passed on after the end kills nobody; without any, nobody listens any more', () => {
  const clock = manualClock(null)
  const before = process.listenerCount('SIGINT')
  toldToStop(clock).forget()
  expect(process.listenerCount('SIGINT')).toBe(before)
  for (let i = 0; i < 3; i++) {
    const { forget } = toldToStop(clock)
    process.emit('SIGINT', 'SIGINT')
    forget()
    expect(process.listenerCount('SIGINT')).toBe(1)
  }
  expect(exit).not.toHaveBeenCalled()
})
