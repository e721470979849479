/** Starts the page. It is served from another origin than the API, and asks its own server where that is. */
import { createRoot } from 'react-dom/client';
import { Client, fetchExchange, Provider } from 'urql';
import { Chat } from './chat.tsx';

const element = document.getElementById('root');
if (!element) throw new Error('index.html has no #root');
const root = createRoot(element);
try {
  const api = await apiAddress();
  // No cache: all that is shown is asked for every second.
  const client = new Client({ url: `${api}/graphql`, exchanges: [fetchExchange] });
  root.render(
    <Provider value={client}>
      <Chat api={api} />
    </Provider>,
  );
} catch {
  root.render(<p role="alert">The chat can’t be reached. Please load the page again in a moment.</p>);
}

async function apiAddress(): Promise<string> {
  const response = await fetch('./config.json');
  const config: { readonly api: string } = await response.json();
  return config.api;
}
