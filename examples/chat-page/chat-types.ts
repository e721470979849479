/** What a chat is to the page that shows it. Where it comes from is the app's. */

export interface ChatMessage {
  readonly id: string;
  readonly author: string;
  readonly body: string | null;
  /** Null: a text. `gone`: its file is no more. */
  readonly image: { readonly url: string } | 'gone' | null;
  /** ISO 8601. */
  readonly sentAt: string;
}

/** The one image that is on its way. */
export interface ChatUpload {
  /** `finishing`: it is stored, and about to become a message. Too late to cancel. */
  readonly status: 'idle' | 'uploading' | 'finishing' | 'failed';
  /** 0 to 1; null while unknown. */
  readonly fraction: number | null;
  /** Words, once it has failed. */
  readonly problem: string | null;
  /** False where the same image would fail the same way. Default: true. */
  readonly isWorthRepeating?: boolean;
  send(image: File): void;
  /** Ends what is on its way: back to idle. */
  cancel(): void;
  /** Forgets what has failed: back to idle. */
  dismiss(): void;
}

export interface ChatViewProps {
  readonly title: string;
  /** One line: how this one is built. */
  readonly subtitle: string;
  readonly me: string;
  /** Oldest first; null while they are loaded for the first time. */
  readonly messages: readonly ChatMessage[] | null;
  /** Words, where loading, sending or deleting failed. */
  readonly problem: string | null;
  readonly upload: ChatUpload;
  /** Where it rejects, the text stays in its field, and the error is shown in words. */
  onSend(text: string): Promise<void>;
  /** Where it rejects, the message stays, and the error is shown in words. */
  onDelete(id: string): Promise<void>;
}
