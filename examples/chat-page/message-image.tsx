/** An image in a message: it keeps its place while it loads, and says so in words where there is nothing to show. */
import { type ReactElement, useState } from 'react';
import { BrokenPictureIcon } from './icons.tsx';

export function MessageImage(props: {
  readonly author: string;
  readonly image: { url: string } | 'gone';
}): ReactElement {
  const { author, image } = props;
  if (image === 'gone') return <Missing words="This image was deleted" />;
  return <LoadedImage key={image.url} author={author} url={image.url} />;
}

function LoadedImage({ author, url }: { readonly author: string; readonly url: string }): ReactElement {
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading');
  if (state === 'failed') return <Missing words="This image can’t be shown" />;
  const alternative = `Image from ${author}`;
  return (
    <a className="image" data-state={state} href={url} target="_blank" rel="noreferrer">
      <img
        className="shown-image"
        src={url}
        alt={alternative}
        onLoad={() => setState('shown')}
        onError={() => setState('failed')}
      />
    </a>
  );
}

function Missing({ words }: { readonly words: string }): ReactElement {
  return (
    <p className="missing-image">
      <BrokenPictureIcon />
      {words}
    </p>
  );
}
