/**
 * What the parts of a multipart body say of their files' types, read as the body passes on its way to the parser. busboy
 * says `text/plain` of a part that says nothing, or nothing readable, and leaves parameters out: bytes that nobody called
 * text would be shown as text.
 */
import MIMEType from 'whatwg-mimetype';

export interface PartTypes {
  /** The next bytes of the body, before the parser gets them. */
  observe(chunk: Uint8Array): void;
  /**
   * Of the first file under this name, once its part has begun. Null where it says no type; undefined where there is no
   * such part, or its name is written in a way that is not read here.
   */
  typeOf(name: string): string | null | undefined;
}

/** The parser takes no longer ones (16 KiB), and no more parts (110). */
const mostHeadBytes = 32_768;
const mostParts = 200;

/** How busboy tells a file from a field. */
const isFile =
  /^content-disposition[ \t]*:.*;[ \t]*filename\*?[ \t]*=|^content-type[ \t]*:[ \t]*application\/octet-stream/im;
const nameInLine = /^content-disposition[ \t]*:.*?;[ \t]*name=(?:"([^"]*)"|([^\s;"]+))/im;
const typeLine = /^content-type[ \t]*:(.*)$/im;

/** @param contentType of the whole body: it names the boundary */
export function watchPartTypes(contentType: string): PartTypes {
  const boundary = MIMEType.parse(contentType)?.parameters.get('boundary');
  const delimiter = `\r\n--${boundary}\r\n`;
  const types = new Map<string, string | null>();
  // The first boundary has no line before it.
  let held = Buffer.from('\r\n');
  let isInHead = false;

  function read(head: string): void {
    if (!isFile.test(head) || types.size === mostParts) return;
    const [, quoted, token] = nameInLine.exec(head) ?? [];
    const name = quoted ?? token ?? '';
    if (!types.has(name)) types.set(name, typeLine.exec(head)?.[1]?.trim() ?? null);
  }

  return {
    observe(chunk) {
      held = Buffer.concat([held, chunk]);
      for (;;) {
        const end = held.indexOf(isInHead ? '\r\n\r\n' : delimiter);
        if (end === -1) break;
        if (isInHead) read(held.toString('utf8', 0, end));
        // The line's end stays: a head may be empty, and so may what follows it.
        held = held.subarray(isInHead ? end + 2 : end + delimiter.length - 2);
        isInHead = !isInHead;
      }
      isInHead &&= held.byteLength <= mostHeadBytes;
      // No more than may begin a delimiter, or the head so far: the chunk is not ours to keep.
      held = Buffer.from(isInHead ? held : held.subarray(1 - delimiter.length));
    },
    typeOf: (name) => types.get(name),
  };
}
