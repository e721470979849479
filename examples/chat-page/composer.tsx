/** Where one writes, or picks a picture, which is sent as soon as it is picked. */
import {
  type ChangeEvent,
  type KeyboardEvent,
  type ReactElement,
  type SubmitEvent,
  useRef,
  useState,
} from 'react';
import type { ChatUpload } from './chat-types.ts';
import { PictureIcon, SendIcon } from './icons.tsx';
import { PictureTray } from './picture-tray.tsx';

const mostCharacters = 2_000;

export interface ComposerProps {
  readonly upload: ChatUpload;
  /** Rejects where the text is to stay. */
  onSend(text: string): Promise<void>;
}

export function Composer({ upload, onSend }: ComposerProps): ReactElement {
  const [text, setText] = useState('');
  const [isSending, setSending] = useState(false);
  const [picture, setPicture] = useState<File | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const isIdle = upload.status === 'idle';

  const submit = async (event?: SubmitEvent): Promise<void> => {
    event?.preventDefault();
    if (text.trim() === '' || isSending) return;
    setSending(true);
    try {
      await onSend(text.trim());
      setText('');
    } catch {
      // It stays, to be sent again.
    } finally {
      setSending(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // While an input method composes a character, Enter is its own.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void submit();
  };
  const pick = (event: ChangeEvent<HTMLInputElement>): void => {
    const [picked] = event.target.files ?? [];
    // So that the same one may be picked again.
    event.target.value = '';
    if (!picked) return;
    setPicture(picked);
    upload.send(picked);
  };

  return (
    <footer className="composer">
      {picture !== null && !isIdle && <PictureTray picture={picture} upload={upload} />}
      <form onSubmit={submit}>
        <input ref={picker} type="file" accept="image/*" hidden aria-label="Picture" onChange={pick} />
        <button
          type="button"
          className="pick"
          aria-label="Send a picture"
          title="Send a picture"
          disabled={upload.status === 'uploading' || upload.status === 'finishing'}
          onClick={() => picker.current?.click()}
        >
          <PictureIcon />
        </button>
        <textarea
          rows={1}
          maxLength={mostCharacters}
          value={text}
          aria-label="Message"
          placeholder="Write a message"
          readOnly={isSending}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" className="send" aria-label="Send" disabled={text.trim() === '' || isSending}>
          <SendIcon />
        </button>
      </form>
    </footer>
  );
}
