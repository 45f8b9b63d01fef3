/** Nobody answered the first question. `device`: as in `an iM871A`; `baudRate`: as it leaves the factory. */
export const noAnswerFrom = (device: string, baudRate: number): string =>
  `no answer from ${device} (${baudRate} baud; else set baudRate): is it this device? "varmesky receivers probe" asks who is there. Stop any other program that uses it, unplug it and plug it in again`

export const FELL_SILENT = 'the stick answered, then fell silent: unplug it and plug it in again'
