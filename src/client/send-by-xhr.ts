/** XMLHttpRequest (https://xhr.spec.whatwg.org/): the only API by which browsers tell how much of a body is sent. */
import { onAbort } from './abort.ts';
import type { Answer } from './answer.ts';
import { networkError } from './client-error.ts';
import type { Sending } from './send.ts';

export function sendByXhr(sending: Sending): Promise<Answer> {
  const { url, headers, body, withCredentials, signal, onSent } = sending;
  const xhr = new XMLHttpRequest();
  return new Promise<Answer>((resolve, reject) => {
    const fail = (): void => reject(networkError(url, 'failed'));
    const stopListening = onAbort(signal, () => {
      fail();
      xhr.abort();
    });
    xhr.upload.onprogress = ({ loaded }) => onSent(loaded);
    xhr.onload = () =>
      resolve({
        status: xhr.status,
        body: xhr.responseText,
        header: (name) => xhr.getResponseHeader(name),
      });
    // React Native tells by `timeout` of some broken connections, without being asked for one.
    xhr.onerror = xhr.onabort = xhr.ontimeout = fail;
    xhr.onloadend = stopListening;
    xhr.open('POST', url);
    xhr.withCredentials = withCredentials;
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    onSent(0);
    // Streams have been gathered: this platform can't send them.
    if (!signal.aborted) xhr.send(body as XMLHttpRequestBodyInit);
  });
}
