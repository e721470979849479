/** The page of test/client-browser.test.ts: hands the built client to the tests, which run in it. */
import * as client from 'gridhold/client';

declare global {
  interface Window {
    client: typeof client;
  }
}

window.client = client;
document.title = 'ready';
