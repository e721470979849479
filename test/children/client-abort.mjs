/**
 * A program that uploads once, aborts at the moment that it is told to, and is done: it ends by itself when nothing of
 * the client is left to wait for. It prints what the upload came to, and how many timers then keep the process alive.
 */
import { createGridholdClient } from '../../dist/client/index.js';

const [url, moment] = process.argv.slice(2);
const gridhold = createGridholdClient({ url });
const controller = new AbortController();
const abort = () => controller.abort(new Error(moment));

process.once('message', abort);
if (moment === 'asking') setImmediate(abort);
const outcome = await gridhold
  .upload(new Uint8Array(3_000_000), {
    signal: controller.signal,
    onProgress({ loaded }) {
      if (moment === 'sending' && loaded > 0) abort();
    },
  })
  .then(
    () => 'stored',
    (error) => error.message,
  );
await new Promise((later) => setImmediate(later));
const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
process.stdout.write(`${outcome}, timers: ${timers}\n`);
process.disconnect();
