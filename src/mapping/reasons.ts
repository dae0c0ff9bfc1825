/** How the settling of one record ended (design.md, Records). */
export const outcomeKinds = [
  'created',
  'updated',
  'unchanged',
  'merged',
  'linked',
  'skipped',
  'waiting',
  'failed',
] as const

export type OutcomeKind = (typeof outcomeKinds)[number]

export interface Reason {
  /** What happened, for a support lead. */
  meaning: string
  /** What an operations person does about it. */
  whatToDo: string
}

/** Every reason that the console, the trace and the docs page can show. Texts name no person and no number. */
export const reasons = {
  NO_PHONE: {
    meaning: 'The customer has no phone number, so there is nothing to call.',
    whatToDo: 'Add a phone number to the customer in Kustomer; a WhatsApp number alone does not count.',
  },
  NO_VALID_PHONE: {
    meaning: 'None of the phone numbers is a number that exists in any country’s numbering plan.',
    whatToDo: 'Correct the number, with its country code, or set the default country in the settings.',
  },
  SHARED_EMAIL: {
    meaning: 'The customer has an email address that is marked in Kustomer as shared by several customers.',
    whatToDo: 'Remove the shared email address in Kustomer if this customer should be in CloudTalk.',
  },
  SHARED_PHONE: {
    meaning: 'The customer has a phone number that is marked in Kustomer as shared by several customers.',
    whatToDo: 'Remove the shared phone number in Kustomer if this customer should be in CloudTalk.',
  },
  SHARED_WHATSAPP: {
    meaning: 'The customer has a WhatsApp number that is marked in Kustomer as shared by several customers.',
    whatToDo: 'Remove the shared WhatsApp number in Kustomer if this customer should be in CloudTalk.',
  },
  DELETED: {
    meaning: 'The customer was deleted in Kustomer.',
    whatToDo: 'Nothing; a contact that was already in CloudTalk stays there and is no longer linked.',
  },
  CREATED: {
    meaning: 'There was no such record on the other side, so it was created.',
    whatToDo: 'Nothing.',
  },
  FIELDS_CHANGED: {
    meaning: 'Some synced fields had changed and were brought over.',
    whatToDo: 'Nothing.',
  },
  NOTHING_CHANGED: {
    meaning: 'Every synced field was already the same on both sides, so nothing was written.',
    whatToDo: 'Nothing.',
  },
  MATCHED_BY_PHONE: {
    meaning: 'A contact with the same phone number was already there, so the customer was joined to it.',
    whatToDo: 'Nothing; if they are two people, give them different numbers.',
  },
  MATCHED_BY_NAME: {
    meaning: 'One contact with the same name was already there, so the customer was joined to it.',
    whatToDo: 'Nothing; if they are two people, give one of them another name.',
  },
  MATCHED_BY_EMAIL: {
    meaning: 'A contact with the same email address was already there, so the customer was joined to it.',
    whatToDo: 'Nothing; if they are two people, give them different email addresses.',
  },
  AMBIGUOUS_NAME: {
    meaning: 'Several contacts carry the customer’s name, so it got a new contact and nobody was merged.',
    whatToDo: 'Look at the review: merge the customer with the contact that it is, or keep them apart.',
  },
  EXPORTED: {
    meaning: 'The contact was new to Kustomer, so a customer was created from it.',
    whatToDo: 'Nothing.',
  },
  MATCHES_EXISTING_CUSTOMER: {
    meaning:
      'A customer with the contact’s phone number, email or id is in Kustomer already, so none was created.',
    whatToDo:
      'Nothing if the two were linked; if a review was opened, decide which contact is the right one.',
  },
  EXPORT_OFF: {
    meaning: 'Bringing CloudTalk contacts into Kustomer is switched off for this connection.',
    whatToDo: 'Switch the export on in the settings if contacts should be synced.',
  },
  CUSTOMER_DELETED: {
    meaning: 'The contact’s customer was deleted in Kustomer, so the contact is not exported again.',
    whatToDo:
      'Create the customer in Kustomer with the contact’s number if it should be synced; the two then meet.',
  },
  OWN_CHANGE: {
    meaning: 'CloudTalk told of a change that was this service’s own write.',
    whatToDo: 'Nothing.',
  },
  UNMERGED: {
    meaning: 'Somebody decided that the customer is not the contact that it shared, and took the two apart.',
    whatToDo: 'Nothing.',
  },
  MERGED_BY_DECISION: {
    meaning: 'Somebody decided in a review that two records are one person.',
    whatToDo: 'Nothing; if it was a mistake, take them apart again.',
  },
  IMPORT_OFF: {
    meaning: 'Bringing Kustomer customers into CloudTalk is switched off for this connection.',
    whatToDo: 'Switch the import on in the settings if customers should be synced.',
  },
  CONTACT_GONE: {
    meaning: 'The contact was deleted in CloudTalk, so the customer is no longer linked to it.',
    whatToDo: 'Nothing; the contact is made again only when the customer is next changed in Kustomer.',
  },
  LOGGED: {
    meaning: 'The call or message was logged as a conversation with a note.',
    whatToDo: 'Nothing.',
  },
  LOGGED_UNLINKED: {
    meaning: 'It was logged, but no customer has this number, so the conversation belongs to nobody yet.',
    whatToDo:
      'Add the number to the right customer in Kustomer and the conversation moves there by itself, or move it by hand, under Unassociated or with the associate command.',
  },
  INTERNAL_CALL: {
    meaning: 'The call was between two agents, and such calls are never logged.',
    whatToDo: 'Nothing.',
  },
  TYPE_NOT_LOGGED: {
    meaning: 'Logging is switched off for calls or messages of this type.',
    whatToDo: 'Switch this type on in the settings if it should be logged.',
  },
  NUMBER_NOT_CONNECTED: {
    meaning: 'It went over a CloudTalk number that is not among the connected numbers.',
    whatToDo:
      'Add the number to the connected numbers in the settings, or empty the list to log all of them.',
  },
  UNKNOWN_NUMBER: {
    meaning: 'No customer has this number, and the settings say to leave such calls or messages out.',
    whatToDo: 'Add the number to a customer, or choose another setting for unknown numbers.',
  },
  NOT_ENDED: {
    meaning: 'The call is still going on; it is logged when it has ended.',
    whatToDo: 'Nothing; it is looked at again by itself.',
  },
  CALL_NOT_FOUND: {
    meaning: 'CloudTalk announced the call but does not show it yet.',
    whatToDo: 'Nothing; it is looked at again by itself.',
  },
  CALL_GONE: {
    meaning: 'CloudTalk no longer has this call, so it could not be logged.',
    whatToDo: 'Check in CloudTalk whether the call was removed; if it is there, retry.',
  },
  ASSOCIATED: {
    meaning:
      'A customer with the number has appeared, or somebody has chosen one, so the conversation moved there.',
    whatToDo: 'Nothing.',
  },
  ASSIGNED: {
    meaning:
      'The conversation was given to somebody by the rule that the settings name for calls without an agent.',
    whatToDo: 'Nothing.',
  },
  NOTE_UPDATED: {
    meaning: 'Its details changed after it was logged, and the same note was brought up to date.',
    whatToDo: 'Nothing.',
  },
  CUSTOMER_CREATED: {
    meaning: 'No customer had this number, so one was created with it, as the settings say.',
    whatToDo: 'Give the new customer a name in Kustomer.',
  },
  RATE_LIMITED: {
    meaning: 'The limit on requests is used up for the moment, so the record waits its turn.',
    whatToDo: 'Nothing; if this is frequent, see what else uses the same account’s requests.',
  },
  VENDOR_UNAVAILABLE: {
    meaning: 'CloudTalk or Kustomer did not answer properly, so the record waits.',
    whatToDo: 'Nothing; it is tried again by itself. If it lasts, look at the vendor’s status page.',
  },
  UNAUTHORIZED: {
    meaning:
      'CloudTalk or Kustomer does not accept the connection’s key, or does not let it do what the record needs.',
    whatToDo:
      'Check the key and its roles with the check command. What waits then goes on by itself; retry what has failed.',
  },
  REJECTED_BY_CLOUDTALK: {
    meaning: 'CloudTalk refused the record because of something in it.',
    whatToDo: 'Read which field CloudTalk named, correct it in Kustomer and retry.',
  },
  REJECTED_BY_KUSTOMER: {
    meaning: 'Kustomer refused the record because of something in it.',
    whatToDo: 'Read which field Kustomer named, correct it in CloudTalk and retry.',
  },
  UNREADABLE_ANSWER: {
    meaning: 'CloudTalk or Kustomer answered in a form that this version does not understand.',
    whatToDo: 'Retry once; if it fails again, report it with the details shown, for it needs a new version.',
  },
  INTERNAL_ERROR: {
    meaning: 'The service itself made a mistake while it worked on this record.',
    whatToDo:
      'Look into the service’s log for the record’s id and report it; a passing mistake is tried again by itself.',
  },
  NOT_FOUND: {
    meaning: 'A record on the other side that this one needs is not there any more.',
    whatToDo: 'Look whether somebody deleted it; a later change of the record is tried anew.',
  },
  CONNECTION_OFF: {
    meaning: 'The connection is switched off, so nothing is synced.',
    whatToDo: 'Switch the connection on in the settings when it should run.',
  },
  UNDONE: {
    meaning: 'Somebody undid a run, and what that had written for this record was taken back.',
    whatToDo: 'Nothing; it is left alone until it changes. Sync it again by hand, or start a run.',
  },
  UNDONE_IN_PART: {
    meaning:
      'Somebody undid a run; some of what it had written for this record was taken back, and some stays.',
    whatToDo: 'Read what stays and why, and change that by hand where it should go.',
  },
  NOT_UNDONE: {
    meaning: 'Somebody undid a run, and nothing of what it had written for this record could be taken back.',
    whatToDo: 'Read what stays and why, and change that by hand where it should go.',
  },
  RUN_CANCELLED: {
    meaning: 'It waited for another try in a run, and somebody cancelled the run before that.',
    whatToDo: 'Start a run if it should be synced; a change of the record is synced by itself.',
  },
  CONFLICT: {
    meaning: 'Another record already holds a value that must be unique, such as a phone number.',
    whatToDo: 'Find the other record by the number or email, keep the value on one of them and retry.',
  },
} as const satisfies Record<string, Reason>

export type ReasonCode = keyof typeof reasons
