import type { MessageEvent } from '../cloudtalk/index.ts'
import type { Raise } from '../sync/event.ts'

/** What the webhook routes need of each connection: how to know its senders, and where events go. */
export interface Doors {
  kustomer(connection: string): KustomerDoor | undefined
  cloudtalk(connection: string): CloudTalkDoor | undefined
}

export interface KustomerDoor {
  /** Undefined until Kustomer has told it. */
  token(): string | undefined
  raise: Raise
  /** Something came that Kustomer sent. */
  seen(): void
  /** Something came that nobody has signed with the token. */
  refused(): void
}

export interface CloudTalkDoor {
  /** Static secret of the Workflow Automations. */
  workflowSecret: string
  /** Signing secret of the account webhooks; undefined where they are not set up. */
  accountWebhookSecret: string | undefined
  raise: Raise
  /** Something came that CloudTalk sent. @param trigger what the workflow says of itself. */
  seen(trigger: string | undefined): void
  /** Something came that does not prove that CloudTalk sent it. */
  refused(): void
  /** Keeps a message; when it returns, the message survives a crash. */
  receive(message: MessageEvent, via: 'workflow' | 'account'): Promise<void>
  /** The call that is named by its uuid, where one webhook has told both ids. */
  callIdOf(uuid: string): Promise<string | undefined>
  /** A call ended that cannot be told by its id: the next look at the call list finds it. */
  lookForCalls(): void
}
