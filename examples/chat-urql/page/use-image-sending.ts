/** Sends an image and its author in one request to a route of the app's own, with progress. */
import { useUpload } from 'gridhold/react';
import { type ChatUpload, shownUpload } from '../../chat-page/index.ts';

/**
 * @param api the origin of the chat's API
 * @param onSent called once it is a message
 */
export function useImageSending(api: string, author: string, onSent: () => void): ChatUpload {
  const { upload, cancel, ...state } = useUpload(`${api}/sendImage?author=${encodeURIComponent(author)}`);
  const send = async (image: File): Promise<void> => {
    // Not repeated by itself: this route makes a new message each time, also where only the answer was lost.
    const sent = await upload(image, { retries: 0 });
    if (!sent) return;
    cancel();
    onSent();
  };
  return { ...shownUpload(state), send: (image) => void send(image), cancel, dismiss: cancel };
}
