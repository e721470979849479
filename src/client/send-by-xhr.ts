/** XMLHttpRequest (https://xhr.spec.whatwg.org/): the only API by which browsers tell how much of a body is sent. */
import { abortReason, onAbort } from './abort.ts';
import type { Answer } from './answer.ts';
import { networkError } from './client-error.ts';
import type { Sending } from './send.ts';

export function sendByXhr(sending: Sending): Promise<Answer> {
  const { url, headers, body, withCredentials, signal, onSent } = sending;
  const xhr = new XMLHttpRequest();
  return new Promise<Answer>((resolve, reject) => {
    const stopListening = onAbort(signal, () => xhr.abort());
    const settle = (how: () => void) => () => {
      stopListening();
      how();
    };
    xhr.upload.onloadstart = () => onSent(0);
    xhr.upload.onprogress = ({ loaded }) => onSent(loaded);
    xhr.onload = settle(() =>
      resolve({
        status: xhr.status,
        body: xhr.responseText,
        header: (name) => xhr.getResponseHeader(name),
      }),
    );
    xhr.onerror = settle(() => reject(networkError('The connection failed')));
    xhr.onabort = settle(() => reject(abortReason(signal)));
    xhr.open('POST', url);
    xhr.withCredentials = withCredentials;
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    if (signal.aborted) settle(() => reject(abortReason(signal)))();
    // Streams have been gathered: this platform can't send them.
    else xhr.send(body as XMLHttpRequestBodyInit);
  });
}
