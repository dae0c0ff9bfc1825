import { wireNumber } from './phones.ts'
import { filled } from './text.ts'

/** The two numbers of a call or message. */
export interface BothNumbers {
  externalNumber?: string
  internalNumber?: string
  numberName?: string
}

/** A value that is no number, such as `anonymous`, is shown as CloudTalk wrote it. */
const shown = (number: string | undefined): string | undefined => wireNumber(number) ?? number

/** The customer's number. */
export const customerNumber = ({ externalNumber }: BothNumbers): string | undefined => shown(externalNumber)

/** The CloudTalk number with its name, as in `+442071838750 (Sales line)`; one alone where the other is missing. */
export const cloudtalkNumber = ({ internalNumber, numberName }: BothNumbers): string | undefined => {
  const [first, name] = filled([shown(internalNumber), numberName])
  return name ? `${first} (${name})` : first
}

/** The name of the CloudTalk number, else the number. */
export const cloudtalkLine = ({ internalNumber, numberName }: BothNumbers): string | undefined =>
  filled([numberName, shown(internalNumber)])[0]

/** Whether the settings log what goes over this CloudTalk number; an empty list logs all. */
export const isConnected = (
  { internalNumber }: BothNumbers,
  { connectedNumbers }: { connectedNumbers: readonly string[] },
): boolean => {
  const number = wireNumber(internalNumber)
  return connectedNumbers.length === 0 || connectedNumbers.some((one) => one === number)
}
