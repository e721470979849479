/** A problem in words, until it passes or is dismissed. */
import type { ReactElement } from 'react';
import { CloseIcon } from './icons.tsx';

export function Notice(props: { readonly words: string; onDismiss(): void }): ReactElement {
  return (
    <div className="notice" role="alert">
      <p>{props.words}</p>
      <button type="button" className="quiet" aria-label="Dismiss" onClick={props.onDismiss}>
        <CloseIcon />
      </button>
    </div>
  );
}
