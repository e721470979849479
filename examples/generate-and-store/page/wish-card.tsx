/** A picture that is being made, or could not be. */
import type { ReactElement } from 'react';
import { BrokenPictureIcon } from '../../chat-page/icons.tsx';
import type { Wish } from './use-pictures.ts';

export function WishCard(props: { readonly wish: Wish; onRetry(): void; onDiscard(): void }): ReactElement {
  const { prompt, problem } = props.wish;
  if (problem === null) {
    return (
      <li className="card" aria-busy="true">
        <div className="picture drawing" role="status">
          <span>Being drawn…</span>
        </div>
        <p className="caption">{prompt}</p>
      </li>
    );
  }
  return (
    <li className="card failed">
      <div className="picture missing" role="alert">
        <BrokenPictureIcon />
        <p>{problem}</p>
      </div>
      <p className="caption">{prompt}</p>
      <div className="actions">
        <button type="button" className="plain" onClick={props.onRetry}>
          Try again
        </button>
        <button type="button" className="plain" onClick={props.onDiscard}>
          Discard
        </button>
      </div>
    </li>
  );
}
