/** One picture, its receipt once it was printed, and what can be done with it. */
import { type ReactElement, useRef, useState } from 'react';
import { BrokenPictureIcon, DeleteIcon } from '../../chat-page/icons.tsx';
import { usePassOnFocus } from '../../chat-page/use-pass-on-focus.ts';
import { type Picture, problemOf, type Receipt } from './api.ts';
import { nextInGallery } from './next-in-gallery.ts';

const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const kilobytes = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });

export interface PictureCardProps {
  readonly picture: Picture;
  onPrint(id: string): Promise<void>;
  onDelete(id: string): Promise<void>;
}

export function PictureCard({ picture, onPrint, onDelete }: PictureCardProps): ReactElement {
  const { id, prompt, createdAt, image, receipt } = picture;
  const [running, setRunning] = useState<'printing' | 'deleting' | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const card = useRef<HTMLLIElement>(null);
  usePassOnFocus(card, nextInGallery);
  const run = async (what: 'printing' | 'deleting', work: (id: string) => Promise<void>): Promise<void> => {
    if (running !== null) return;
    setRunning(what);
    setProblem(null);
    try {
      await work(id);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setRunning(null);
    }
  };
  const printing = running === 'printing' ? 'Printing…' : 'Print';
  return (
    <li className="card" ref={card} data-leaving={running === 'deleting'}>
      {image ? (
        <Shown key={image.url} url={image.url} prompt={prompt} />
      ) : (
        <Missing words="Its file was deleted" />
      )}
      <p className="caption">{prompt}</p>
      <time dateTime={createdAt}>{dayAndClock.format(new Date(createdAt))}</time>
      {receipt && <PrintReceipt receipt={receipt} />}
      {problem !== null && (
        <p className="card-problem" role="alert">
          {problem}
        </p>
      )}
      <div className="actions">
        {/* Not disabled while something runs: they would lose the focus. */}
        <button
          type="button"
          className="plain"
          aria-label={`${printing} ${prompt}`}
          aria-disabled={running !== null}
          disabled={image === null}
          onClick={() => void run('printing', onPrint)}
        >
          {printing}
        </button>
        <button
          type="button"
          className="quiet"
          aria-label={`Delete ${prompt}`}
          title="Delete"
          aria-disabled={running !== null}
          onClick={() => void run('deleting', onDelete)}
        >
          <DeleteIcon />
        </button>
      </div>
    </li>
  );
}

function Shown({ url, prompt }: { readonly url: string; readonly prompt: string }): ReactElement {
  const [hasFailed, setFailed] = useState(false);
  if (hasFailed) return <Missing words="This picture can’t be shown" />;
  return (
    <a className="picture" href={url} target="_blank" rel="noreferrer">
      <img src={url} alt={prompt} width={512} height={512} onError={() => setFailed(true)} />
    </a>
  );
}

function Missing({ words }: { readonly words: string }): ReactElement {
  return (
    <div className="picture missing">
      <BrokenPictureIcon />
      <p>{words}</p>
    </div>
  );
}

function PrintReceipt({ receipt }: { readonly receipt: Receipt }): ReactElement {
  return (
    <dl className="receipt" aria-label="Receipt">
      <div>
        <dt>Printed as</dt>
        <dd>{receipt.number}</dd>
      </div>
      <div>
        <dt>Arrived there</dt>
        <dd>{kilobytes.format(receipt.bytes / 1_000)} kB</dd>
      </div>
      <div>
        <dt>SHA-256</dt>
        <dd className="hash" title={receipt.sha256}>
          {receipt.sha256}
        </dd>
      </div>
    </dl>
  );
}
