/**
 * Sends an image in three steps: ask our server for an address, post the bytes to it, and make a message of what was
 * stored. Ends the page after the second, the file is held by nothing and collected; a step that failed can be repeated.
 */
import { useMutation } from '@apollo/client/react';
import { useUpload } from 'gridhold/react';
import { useRef } from 'react';
import { type ChatUpload, shownUpload } from '../../chat-page/index.ts';
import { addMessage } from './cached-messages.ts';
import { generateUploadUrl, sendImage } from './operations.ts';

export function useImageSending(author: string): ChatUpload {
  const [askForUrl] = useMutation(generateUploadUrl);
  const [makeMessage, message] = useMutation(sendImage, {
    update: (cache, { data }) => addMessage(cache, data?.sendImage),
  });
  const { upload, cancel, ...state } = useUpload(async () => {
    const { data } = await askForUrl();
    if (!data) throw new Error('The answer has no upload URL');
    return data.generateUploadUrl;
  });

  // Stored, and not yet a message: where only the last step failed, only that is repeated.
  const waiting = useRef<{ readonly image: File; readonly storageId: string } | null>(null);

  const send = async (image: File): Promise<void> => {
    message.reset();
    if (waiting.current?.image !== image) {
      const stored = await upload(image);
      if (!stored) return;
      waiting.current = { image, storageId: stored.storageId };
    }
    try {
      await makeMessage({ variables: { storageId: waiting.current.storageId, author } });
      // Another one may have been picked since, after a cancel.
      if (waiting.current?.image === image) clear();
    } catch {
      // It is in `message.error`.
    }
  };
  const clear = (): void => {
    waiting.current = null;
    cancel();
    message.reset();
  };
  return {
    ...shownUpload(state, message.error),
    send: (image) => void send(image),
    cancel: clear,
    dismiss: clear,
  };
}
