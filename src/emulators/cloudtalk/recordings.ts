import { done, notFound, refused } from './answers.ts'
import { type Account, type Handler, idOf } from './api.ts'
import type { Call } from './store.ts'

/** One tenth of a second of silence: RIFF header, 16-bit mono PCM at 8 kHz. */
const silence = (): Uint8Array<ArrayBuffer> => {
  const samples = 800
  const bytes = new Uint8Array(44 + samples * 2)
  const view = new DataView(bytes.buffer)
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at)
  text(0, 'RIFF')
  view.setUint32(4, bytes.length - 8, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, 8_000, true)
  view.setUint32(28, 16_000, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, samples * 2, true)
  return bytes
}

const audio = ({ switches }: Account): Response =>
  new Response(silence(), { headers: { 'content-type': switches().recordingContentType } })

/** Whether its audio is there yet (§3.4). */
export const isUploaded = ({ clock, switches }: Account, call: Call): boolean =>
  call.recorded && clock.now() - Date.parse(call.ended_at) >= switches().recordingDelayMs

/** GET /calls/recording/{id}.json: 404 until the upload, 410 after its deletion (§3.4). */
export const getRecording: Handler = (account, { params }) => {
  const call = account.store.calls.get(idOf(params.id))
  if (!call || !isUploaded(account, call)) return notFound()
  return call.recordingDeleted ? refused(410, 'Recording not found.') : audio(account)
}

/** DELETE /recordings/delete/{id}.json. */
export const deleteRecording: Handler = ({ store }, { params }) => {
  const call = store.calls.get(idOf(params.id))
  if (!call?.recorded) return notFound()
  if (call.recordingDeleted) return refused(410, 'Recording not found.')
  call.recordingDeleted = true
  return done()
}

const base64 = (text: string): string => encodeURIComponent(Buffer.from(text).toString('base64'))

/** The public link that workflows carry, at the emulator instead of my.cloudtalk.io; it needs no key (§3.4). */
export const recordingUrl = (baseUrl: string, { id, uuid, recorded }: Call): string | null =>
  recorded ? `${baseUrl}/pub/r/${base64(String(id))}/${base64(uuid.replaceAll('-', '').repeat(2))}.wav` : null

/** GET /pub/r/{call}/{token}.wav. */
export const getPublicRecording: Handler = (account, { params }) => {
  const id = Buffer.from(params.call ?? '', 'base64').toString()
  const call = account.store.calls.get(idOf(id))
  const known = call && recordingUrl('', call)?.endsWith(`/${encodeURIComponent(params.token ?? '')}.wav`)
  return known && !call.recordingDeleted ? audio(account) : notFound()
}
