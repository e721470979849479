/**
 * Which declared types a signature doesn't contradict: what its container can hold, and the names that one format goes
 * by. Everything else gives way to the bytes. A type that would be run, or that has a signature of its own, is never
 * let through by a general rule, only by its name in a list.
 */
import MIMEType from 'whatwg-mimetype';
import { archiveNames, formatNames } from './format-names.ts';
import { officeDocuments, openDocuments, typesWithSignature } from './office-types.ts';

/** Declared types that stand where one of `shown` is detected. */
interface Container {
  readonly shown: readonly string[];
  readonly holds: readonly string[];
  /** Also holds what vendors and experiments pack into it, under names that say nothing of it. */
  readonly holdsUnregistered?: boolean;
  /** Also holds types with this structured syntax suffix (RFC 6838, section 4.2.8). */
  readonly suffix?: string;
}

const zipNames = ['application/zip', 'application/x-zip-compressed', 'application/x-zip'];
const javaArchives = [
  'application/java-archive',
  'application/vnd.android.package-archive',
  'application/x-xpinstall',
];
const otherPackages = ['application/epub+zip', 'application/vnd.visio', 'model/3mf'];
const xmlNames = ['application/xml', 'text/xml'];

const containers: readonly Container[] = [
  ...formatNames.map((types) => ({ shown: types, holds: types })),
  ...archiveNames.map((types) => ({ shown: types, holds: types, holdsUnregistered: true })),
  { shown: ['application/gzip'], holds: [], suffix: '+gzip' },
  { shown: ['application/zstd'], holds: [], suffix: '+zstd' },
  {
    shown: ['application/zip'],
    holds: [
      ...officeDocuments,
      ...openDocuments,
      ...javaArchives,
      ...otherPackages,
      'application/oxps',
      'image/openraster',
    ],
    suffix: '+zip',
  },
  { shown: [...officeDocuments, ...openDocuments, ...otherPackages], holds: zipNames },
  { shown: javaArchives, holds: [...zipNames, ...javaArchives], holdsUnregistered: true },
  // Compound files are the office documents of before, installers and mails; and the later ones under a password.
  {
    shown: ['application/x-cfb'],
    holds: ['application/msword', 'application/vnd.ms-outlook', 'application/vnd.visio', ...officeDocuments],
    holdsUnregistered: true,
  },
  // A page may begin as XML does. Declaring it as HTML gains nothing: HTML is never shown by its URL.
  {
    shown: ['application/xml'],
    holds: [...xmlNames, 'application/x-plist', 'text/html', 'text/xsl', 'text/x-opml', 'application/msword'],
    holdsUnregistered: true,
    suffix: '+xml',
  },
  { shown: ['application/xhtml+xml'], holds: ['text/html'] },
  { shown: ['application/x-plist'], holds: xmlNames, holdsUnregistered: true },
  { shown: ['text/x-opml'], holds: xmlNames },
  // The brand mif1 tells that it is HEIF, not how its images are coded.
  { shown: ['image/heif', 'image/heif-sequence'], holds: ['image/avif'] },
  { shown: ['image/apng'], holds: ['image/png', 'image/vnd.mozilla.apng'] },
  { shown: ['application/pdf'], holds: ['application/illustrator', 'application/vnd.adobe.illustrator'] },
];

const named: ReadonlySet<string> = new Set([
  ...typesWithSignature,
  ...containers.flatMap((container) => [...container.shown, ...container.holds]),
]);

/** Unregistered names of text: an archive's bytes contradict them. */
const unregisteredText =
  /^application\/x-(?:sh|csh|perl|php|httpd-php|python|ruby|yaml|toml|sql|ndjson|tex|latex|troff|subrip)(?:$|[-+.])|\+(?:json|yaml)$/;

/** Whether the declared type may stand. Both are essences, and not the same. */
export function containerHolds(detected: string, declared: string): boolean {
  // XML of a known root is still XML: the declared type says less, and is never shown by its URL.
  if (xmlNames.includes(declared) && new MIMEType(detected).isXML()) return true;
  return containers.some((container) => {
    if (!container.shown.includes(detected)) return false;
    if (container.holds.includes(declared)) return true;
    if (container.suffix !== undefined && declared.endsWith(container.suffix)) return true;
    return container.holdsUnregistered === true && isUnregistered(new MIMEType(declared));
  });
}

/** A vendor's or an experiment's type (RFC 6838, sections 3.2 to 3.4) that no signature is known for. */
function isUnregistered(type: MIMEType): boolean {
  return (
    /^(?:application|model)\/(?:vnd\.|prs\.|x[-.])/.test(type.essence) &&
    !named.has(type.essence) &&
    !unregisteredText.test(type.essence) &&
    !type.isJavaScript() &&
    !type.isXML()
  );
}
