/** The form that a browser is shown at an upload URL, and what it is answered when it posts that. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { newUploadUrl, put, storedBy } from './support/requests.ts';
import { type Service, startService } from './support/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});

const urlFor = async (input: object = {}): Promise<string> => (await newUploadUrl(service, input)).url;

function formOf(bytes: Uint8Array, filename: string): FormData {
  const form = new FormData();
  form.append('file', new Blob([Buffer.from(bytes)]), filename);
  return form;
}

describe('the upload form', () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

  it('is shown by GET, and answers a browser that posts it in HTML, with the same status', async () => {
    const url = await urlFor({ maxSize: 1_000, contentTypes: ['image/png', 'text/*'] });
    const page = await fetch(url, { headers: html });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).toMatch(/<form method="post" enctype="multipart\/form-data">/);
    expect(text).toContain('accept="image/png,text/*"');

    const tooLarge = await fetch(url, {
      method: 'POST',
      headers: html,
      body: formOf(randomBytes(2_000), 'a.txt'),
    });
    expect(tooLarge.status).toBe(413);
    expect(tooLarge.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await tooLarge.text()).toContain('FILE_TOO_LARGE');

    const form = new FormData();
    form.append('file', new Blob(['<b>bold</b>'], { type: 'text/plain' }), '<script>alert(1).txt');
    const stored = await fetch(url, { method: 'POST', headers: html, body: form });
    expect(stored.status).toBe(201);
    const answer = await stored.text();
    expect(stored.headers.get('location')).toMatch(/\/files\/file_/);
    expect(answer).toContain('&lt;script&gt;');
    expect(answer).not.toContain('<script');
  });

  it('says in words that the address is used or none, with the same status', async () => {
    const url = await urlFor();
    await storedBy(await put(url, 'x'));
    const used = await fetch(url, { headers: html });
    expect(used.status).toBe(409);
    expect(await used.text()).toContain('UPLOAD_URL_USED');
    const none = await fetch(`${url}x`, { headers: html });
    expect(none.status).toBe(404);
    expect(none.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });
});
