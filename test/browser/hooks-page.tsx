/** The page of test/react-hooks.test.ts: components with the hooks, as an app has them, driven and read by the tests. */
import {
  createGridholdClient,
  type GridholdClient,
  type ListOptions,
  type StoreOptions,
  type UploadTarget,
} from 'gridhold/client';
import { type UploadState, type UseFiles, type UseUpload, useFiles, useUpload } from 'gridhold/react';
import { type ReactNode, StrictMode, useEffect, useMemo } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';

interface Page {
  /** What the hooks gave at the last render. */
  upload: UseUpload<StoreOptions> | null;
  files: UseFiles | null;
  /** Every state that was shown. */
  states: UploadState[];
  /** Each `upload` function that the hook gave. */
  functions: Set<UseUpload['upload']>;
  gridhold(url: string): GridholdClient;
  showUpload(target: GridholdClient | UploadTarget): void;
  showFiles(url: string, options?: Omit<ListOptions, 'signal'>): void;
  clear(): void;
}

declare global {
  interface Window {
    page: Page;
  }
}

function Upload({ target }: { readonly target: GridholdClient | UploadTarget }) {
  const current = useUpload(target);
  useEffect(() => {
    const { upload, cancel: _, reset: __, ...state } = current;
    window.page.upload = current;
    window.page.functions.add(upload);
    window.page.states.push(state);
  });
  const { status, progress, file, error } = current;
  return (
    <output>
      {[status, progress && `${progress.loaded} of ${progress.total}`, file?.id, error?.message]
        .filter(Boolean)
        .join(', ')}
    </output>
  );
}

function Files({ url, options }: { readonly url: string; readonly options: Omit<ListOptions, 'signal'> }) {
  const client = useMemo(() => createGridholdClient({ url, retries: 0 }), [url]);
  // Written anew at each render, as apps do.
  const current = useFiles(client, { ...options });
  useEffect(() => {
    window.page.files = current;
  });
  return (
    <ul data-loading={current.isLoading} data-more={current.hasMore} data-error={current.error?.name ?? ''}>
      {current.files.map(({ id, filename }) => (
        <li key={id}>{filename}</li>
      ))}
    </ul>
  );
}

const container = document.getElementById('root');
if (!container) throw new Error('There is no #root');
const root = createRoot(container);

/** At once, effects included: the tests go on when it is there. */
function show(children: ReactNode): void {
  flushSync(() => root.render(<StrictMode>{children}</StrictMode>));
}

window.page = {
  upload: null,
  files: null,
  states: [],
  functions: new Set(),
  gridhold: (url) => createGridholdClient({ url }),
  showUpload: (target) => show(<Upload target={target} />),
  showFiles: (url, options = {}) => show(<Files url={url} options={options} />),
  clear: () => show('nothing'),
};
document.title = 'ready';
