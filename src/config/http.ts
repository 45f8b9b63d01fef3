import { z } from 'zod'

const url = z.string().superRefine((text, issue) => {
  const parsed = URL.canParse(text) ? new URL(text) : null
  if (parsed?.username || parsed?.password) issue.addIssue({ code: 'custom', message: 'must not carry a user or password: set tokenFile' })
  else if (!parsed || !['https:', 'http:'].includes(parsed.protocol))
    issue.addIssue({ code: 'custom', message: 'must be https://host/path (or http:// without encryption)' })
})

/** Messages by HTTP POST. */
export const http = z.strictObject({
  url: url.describe('Where messages are posted'),
  tokenFile: z
    .string()
    .regex(/\//, 'must be the path of a file, with a "/" in it; the secret itself does not belong here')
    .exactOptional()
    .describe('File with a token, sent as "Authorization: Bearer …"'),
})
