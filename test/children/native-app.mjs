/**
 * An app on React Native, as far as `gridhold/client` can see it: XMLHttpRequest and FormData that take files by their
 * URI and tell what React Native's own tell, and without the globals that it lacks. The bytes go to a real service.
 */
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';

const [url, uri] = process.argv.slice(2);

class NativeFormData {
  parts = [];
  append(name, value) {
    this.parts.push([name, value]);
  }
  getParts() {
    return this.parts;
  }
}

/** Of the next one that is sent: `timeout` is how React Native tells of some broken connections. */
let nextFailure = null;
const sent = [];

class NativeRequest {
  /** No `loadstart`: React Native tells of progress only. */
  upload = { onprogress: null };
  onload = null;
  onerror = null;
  ontimeout = null;
  onabort = null;
  onloadend = null;
  withCredentials = true;
  #headers = {};
  #sending = null;

  open(method, address) {
    this.method = method;
    this.address = address;
  }
  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }
  getResponseHeader(name) {
    return this.answer.headers[name.toLowerCase()] ?? null;
  }
  abort() {
    this.#sending?.destroy();
    this.#end('onabort');
  }
  async send(body) {
    const { bytes, headers } = await encode(body);
    sent.push({ ...this.#headers, ...headers });
    if (nextFailure !== null) {
      const failure = nextFailure;
      nextFailure = null;
      return this.#end(failure);
    }
    const all = { ...this.#headers, ...headers, 'content-length': bytes.length };
    this.#sending = request(this.address, { method: this.method, headers: all, agent: false });
    this.#sending.on('error', () => this.#end('onerror'));
    this.#sending.on('response', async (answer) => {
      this.answer = answer;
      this.status = answer.statusCode;
      this.responseText = '';
      for await (const text of answer.setEncoding('utf8')) this.responseText += text;
      this.#end('onload');
    });
    this.#sending.end(bytes);
    for (const part of [0.5, 1]) this.upload.onprogress?.({ loaded: Math.round(bytes.length * part) });
  }
  #end(how) {
    this[how]?.();
    this.onloadend?.();
  }
}

async function encode(body) {
  if (!(body instanceof NativeFormData)) {
    return { bytes: Buffer.from(body instanceof Blob ? await body.arrayBuffer() : body), headers: {} };
  }
  const [[field, file]] = body.getParts();
  const head = `--b\r\ncontent-disposition: form-data; name="${field}"; filename="${encodeURIComponent(file.name)}"\r\n`;
  const bytes = Buffer.concat([
    Buffer.from(`${head}content-type: ${file.type}\r\n\r\n`),
    await readFile(fileURLToPath(file.uri)),
    Buffer.from('\r\n--b--\r\n'),
  ]);
  return { bytes, headers: { 'content-type': 'multipart/form-data; boundary=b' } };
}

// Node's own fetch looks for what is taken away below when it is first used.
await fetch('data:,');
globalThis.XMLHttpRequest = NativeRequest;
globalThis.FormData = NativeFormData;
// Missing for the client; Node's own fetch, which stands in for React Native's, needs some of them.
for (const name of [
  'ReadableStream',
  'WritableStream',
  'TransformStream',
  'DOMException',
  'structuredClone',
]) {
  const own = globalThis[name];
  Object.defineProperty(globalThis, name, {
    get: () => (new Error().stack.split('\n')[2].includes('/dist/client/') ? undefined : own),
  });
}
for (const name of ['any', 'timeout', 'abort']) delete AbortSignal[name];
delete AbortSignal.prototype.throwIfAborted;
// Its signals carry no reason.
Object.defineProperty(AbortSignal.prototype, 'reason', { value: undefined });
Object.defineProperty(URL.prototype, 'searchParams', {
  get() {
    throw new Error('URL.searchParams.get is not implemented');
  },
});
delete process.versions.node;

const { createGridholdClient, GridholdClientError, uploadTo } = await import('../../dist/client/index.js');
const gridhold = createGridholdClient({ url });

const steps = [];
const onProgress = ({ loaded, attempt }) => steps.push([loaded, attempt]);
const outcomeOf = async (uploading) => {
  try {
    const { id } = await uploading;
    const { filename, contentType, size, sha256 } = await gridhold.file(id);
    return { filename, contentType, size, sha256 };
  } catch (error) {
    return { name: error.name, code: error instanceof GridholdClientError ? error.code : null };
  }
};

const outcomes = {
  whole: await outcomeOf(gridhold.upload({ uri, name: 'größe.txt', type: 'text/csv' }, { onProgress })),
  unnamed: await outcomeOf(gridhold.upload({ uri: `${uri}?v=1`, name: null, type: null })),
  named: await outcomeOf(
    gridhold.upload(
      { uri, name: 'a.txt', type: 'text/csv' },
      { filename: 'b.txt', contentType: 'text/plain' },
    ),
  ),
  blob: await outcomeOf(gridhold.upload(new Blob(['blob'], { type: 'text/plain' }))),
  bytes: await outcomeOf(gridhold.upload(new Uint8Array([1, 2, 3]))),
  tooLarge: await outcomeOf(gridhold.upload({ uri, name: 'a.txt', type: 'text/plain' }, { maxSize: 1 })),
};
const progress = steps.splice(0);

nextFailure = 'ontimeout';
outcomes.repeated = await outcomeOf(
  gridhold.upload({ uri, name: 'c.txt', type: 'text/csv' }, { onProgress }),
);
const attempts = [...new Set(steps.map(([, attempt]) => attempt))];

const controller = new AbortController();
const { url: target } = await gridhold.generateUploadUrl();
outcomes.aborted = await outcomeOf(
  uploadTo(
    target,
    { uri, name: 'd.txt', type: 'text/csv' },
    {
      signal: controller.signal,
      onProgress: ({ loaded }) => loaded > 0 && controller.abort(),
    },
  ),
);
process.stdout.write(JSON.stringify({ outcomes, progress, attempts, sent }));
