/** The `Content-Type` that a client declared, as a media type or as silence. What the bytes are is for others. */
import MIMEType from 'whatwg-mimetype';

/** RFC 6838, section 4.2: neither name may be longer. */
const maximumNameCharacters = 127;
/** A longer one keeps its type and loses its parameters: it is stored with the file and sent with every answer. */
const maximumCharacters = 255;

/** What curl and HTML forms send when nobody said what the bytes are. */
const formDefault = 'application/x-www-form-urlencoded';

/**
 * The declared type, normalised and with its parameters (WHATWG MIME Sniffing, section 4.4). Null is silence: nothing
 * was sent, it can't be parsed, it is a form's default, or a wildcard, which names no type.
 */
export function parseContentType(raw: string | null): string | null {
  const mediaType = raw === null ? null : MIMEType.parse(raw);
  if (mediaType === null || mediaType.essence === formDefault) return null;
  const names = [mediaType.type, mediaType.subtype];
  if (names.some((name) => name.length > maximumNameCharacters || name === '*')) return null;
  const serialized = mediaType.toString();
  return serialized.length <= maximumCharacters ? serialized : mediaType.essence;
}

/** Type and subtype in lower case, without parameters. Takes a valid media type; another comes back as it is. */
export function contentTypeEssence(type: string): string {
  return MIMEType.parse(type)?.essence ?? type;
}
