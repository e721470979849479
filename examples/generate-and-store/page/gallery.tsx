/** The whole page: what to draw, and what was drawn. */
import type { ReactElement } from 'react';
import { PictureIcon } from '../../chat-page/icons.tsx';
import { PictureCard } from './picture-card.tsx';
import { PromptForm } from './prompt-form.tsx';
import { usePictures } from './use-pictures.ts';
import { WishCard } from './wish-card.tsx';

export function Gallery(): ReactElement {
  const { pictures, wishes, problem, generate, retry, discard, print, remove, reload } = usePictures();
  const isEmpty = pictures?.length === 0 && wishes.length === 0;
  return (
    <main className="gallery">
      <header>
        <h1>Pictures</h1>
        <p className="subtitle">Drawn by a third party, stored by the app’s server, with Gridhold inside</p>
      </header>
      <PromptForm onGenerate={generate} />
      {problem !== null && (
        <div className="problem" role="alert">
          <p>{problem}</p>
          <button type="button" className="plain" onClick={reload}>
            Try again
          </button>
        </div>
      )}
      {isEmpty && (
        <div className="nothing">
          <PictureIcon />
          <p className="headline">No pictures yet</p>
          <p>Say what you would like to see, or take one of the examples.</p>
        </div>
      )}
      <ul className="cards" aria-label="Pictures" aria-busy={pictures === null && problem === null}>
        {wishes.map((wish) => (
          <WishCard key={wish.key} wish={wish} onRetry={() => retry(wish)} onDiscard={() => discard(wish)} />
        ))}
        {pictures?.map((picture) => (
          <PictureCard key={picture.id} picture={picture} onPrint={print} onDelete={remove} />
        ))}
      </ul>
    </main>
  );
}
