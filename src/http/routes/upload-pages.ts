/** What a browser is shown at an upload URL: the form, and what came of it, in words. */
import { formatBytes } from '../../config/units.ts';
import { mayRead } from '../../domain/access.ts';
import type { StoreResult } from '../../domain/incoming-bytes.ts';
import type { Caller, UploadUrl } from '../../domain/model.ts';
import type { ErrorCode } from '../../errors/codes.ts';
import type { GridholdError } from '../../errors/gridhold-error.ts';
import type { Answer, AnswerHeaders } from '../exchange.ts';
import { escapeHtml, htmlPage } from './html-page.ts';

export function uploadFormPage(uploadUrl: UploadUrl): Answer {
  const { contentTypes, maxSize, expiresAt, status } = uploadUrl;
  const types = contentTypes.length === 0 ? 'any' : contentTypes.join(', ');
  const accept = contentTypes.length === 0 ? '' : ` accept="${escapeHtml(contentTypes.join(','))}"`;
  const busy =
    status === 'RECEIVING' ? '<p role="status">Another upload to this address is under way.</p>' : '';
  const content = `<h1>Upload a file</h1>
<p>This address takes one file.</p>
${busy}
<dl>
<dt>Size</dt><dd>up to ${formatBytes(maxSize)}</dd>
<dt>Type</dt><dd>${escapeHtml(types)}</dd>
<dt>Open until</dt><dd>${timeElement(expiresAt)}</dd>
</dl>
<form method="post" enctype="multipart/form-data">
<label for="file">File</label>
<input id="file" name="file" type="file" required${accept}>
<button type="submit">Upload</button>
</form>`;
  return htmlPage(200, { title: 'Upload a file', content });
}

/** Of a repeat, whose file may have another name by now, only who may read it is told the name. */
export function storedPage({ file, created }: StoreResult, location: string, caller: Caller): Answer {
  const showsName = file.filename && (created || mayRead(caller, file));
  const name = showsName ? `<dt>Name</dt><dd>${escapeHtml(file.filename ?? '')}</dd>\n` : '';
  const link =
    file.visibility === 'PUBLIC' ? `<p><a href="${escapeHtml(location)}">Open the file</a></p>` : '';
  const content = `<h1 class="good">The file is stored</h1>
<dl>
${name}<dt>Size</dt><dd>${formatBytes(file.size)}</dd>
<dt>Type</dt><dd>${escapeHtml(file.contentType)}</dd>
<dt>Storage ID</dt><dd><code>${escapeHtml(file.id)}</code></dd>
</dl>
${link}`;
  return htmlPage(created ? 201 : 200, {
    title: 'The file is stored',
    content,
    headers: { Location: location },
  });
}

const headings: Partial<Record<ErrorCode, string>> = {
  UPLOAD_URL_NOT_FOUND: 'This is not an upload address',
  UPLOAD_URL_USED: 'This address has taken its file',
  UPLOAD_URL_EXPIRED: 'This address has expired',
  UPLOAD_IN_PROGRESS: 'Another upload is under way',
  FILE_TOO_LARGE: 'The file is too large',
  CONTENT_TYPE_NOT_ALLOWED: 'Files of this type are not taken here',
};

/** Codes after which the same address takes no further try. */
const dead = new Set<ErrorCode>(['UPLOAD_URL_NOT_FOUND', 'UPLOAD_URL_USED', 'UPLOAD_URL_EXPIRED']);

export function errorPage(
  error: GridholdError,
  options: { readonly canRetry: boolean; readonly headers: AnswerHeaders },
): Answer {
  const title = headings[error.code] ?? 'The file was not stored';
  const { maxSize } = error.details;
  const limit = maxSize === undefined ? '' : `<p>The limit is ${formatBytes(maxSize)}.</p>`;
  // An empty reference is this address itself.
  const retry = dead.has(error.code) ? 'Ask for a new upload address.' : '<a href="">Try again</a>';
  const content = `<h1 class="bad">${escapeHtml(title)}</h1>
<p role="alert">${escapeHtml(error.message)}</p>
${limit}
${options.canRetry || dead.has(error.code) ? `<p>${retry}</p>` : ''}
<p>Code: <code>${error.code}</code></p>`;
  return { ...htmlPage(error.status, { title, content, headers: options.headers }), code: error.code };
}

function timeElement(date: Date): string {
  const shown = date.toISOString().replace('T', ' ').slice(0, 16);
  return `<time datetime="${date.toISOString()}">${shown} UTC</time>`;
}
