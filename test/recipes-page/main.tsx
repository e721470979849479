/** Mounts the React recipes of docs/clients.md on a page, against the service that the address names. */
import { createGridholdClient } from 'gridhold/client';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { PhotoPicker, Pictures } from '../recipes/react.tsx';

const gridhold = createGridholdClient({ url: new URLSearchParams(location.search).get('gridhold') ?? '' });
const newUploadUrl = async (): Promise<string> =>
  (await gridhold.generateUploadUrl({ contentTypes: ['image/*'] })).url;

createRoot(document.body).render(
  <StrictMode>
    <PhotoPicker newUploadUrl={newUploadUrl} />
    <Pictures gridhold={gridhold} />
  </StrictMode>,
);
