/** One message: its author, its text or image, when it was sent, and the way to delete it. */
import { type ReactElement, useRef, useState } from 'react';
import type { ChatMessage } from './chat-types.ts';
import { DeleteIcon } from './icons.tsx';
import { MessageImage } from './message-image.tsx';
import { usePassOnFocus } from './use-pass-on-focus.ts';

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const exactClock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

const mostNamingCharacters = 40;

export interface MessageProps {
  readonly message: ChatMessage;
  readonly isMine: boolean;
  /** The one before is of somebody else. */
  readonly isFirstOfAuthor: boolean;
  /** Rejects where it stays. */
  onDelete(id: string): Promise<void>;
}

export function Message({ message, isMine, isFirstOfAuthor, onDelete }: MessageProps): ReactElement {
  const { id, author, body, image } = message;
  const [isLeaving, setLeaving] = useState(false);
  const item = useRef<HTMLLIElement>(null);
  usePassOnFocus(item, nextToDelete);
  const remove = async (): Promise<void> => {
    if (isLeaving) return;
    setLeaving(true);
    try {
      await onDelete(id);
    } catch {
      setLeaving(false);
    }
  };
  return (
    <li
      className="message"
      ref={item}
      data-mine={isMine}
      data-first={isFirstOfAuthor}
      data-leaving={isLeaving}
    >
      {isFirstOfAuthor && !isMine && <Avatar name={author} />}
      {isFirstOfAuthor && <p className="author">{isMine ? 'You' : author}</p>}
      <div className="line">
        <div className="bubble">
          {image !== null && <MessageImage author={author} image={image} />}
          {body !== null && <p className="body">{body}</p>}
          <SentAt time={message.sentAt} />
        </div>
        <button
          type="button"
          className="quiet delete"
          aria-label={`Delete ${nameOf(message)}`}
          title="Delete"
          // Not disabled: it would lose the focus.
          aria-disabled={isLeaving}
          onClick={remove}
        >
          <DeleteIcon />
        </button>
      </div>
    </li>
  );
}

/** For who does not see what it stands beside. */
function nameOf({ author, body, sentAt }: ChatMessage): string {
  if (body === null) return `the picture of ${author}, ${exactClock.format(new Date(sentAt))}`;
  const characters = [...body];
  if (characters.length <= mostNamingCharacters) return `“${body}”`;
  const beginning = characters.slice(0, mostNamingCharacters + 1).join('');
  return `“${beginning.replace(/\s+\S*$/, '')}…”`;
}

function nextToDelete(item: HTMLElement): HTMLElement | null | undefined {
  return (
    item.nextElementSibling?.querySelector<HTMLElement>('.delete') ??
    item.closest('.chat')?.querySelector('textarea')
  );
}

/** In the reader's own time zone and form: the hour today, with the date on other days. */
function SentAt({ time }: { readonly time: string }): ReactElement {
  const date = new Date(time);
  const isToday = date.toDateString() === new Date().toDateString();
  return (
    <time className="sent-at" dateTime={time} title={dayAndClock.format(date)}>
      {(isToday ? clock : dayAndClock).format(date)}
    </time>
  );
}

/** The same colour for the same name, whatever the page. */
function Avatar({ name }: { readonly name: string }): ReactElement {
  const sum = [...name].reduce((total, character) => (total * 31 + (character.codePointAt(0) ?? 0)) % 997, 7);
  const sign = name.replace(/^User /, '').slice(0, 2);
  return (
    <span
      className="avatar"
      aria-hidden="true"
      style={{ background: `oklch(50% 0.11 ${(sum * 137) % 360})` }}
    >
      {sign}
    </span>
  );
}
