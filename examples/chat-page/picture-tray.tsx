/** The picked picture while it is sent: a preview with its progress, and what to do where it failed. */
import { type ReactElement, useEffect, useRef, useState } from 'react';
import type { ChatUpload } from './chat-types.ts';
import { BrokenPictureIcon } from './icons.tsx';
import { usePassOnFocus } from './use-pass-on-focus.ts';

export interface PictureTrayProps {
  readonly picture: File;
  readonly upload: ChatUpload;
}

export function PictureTray({ picture, upload }: PictureTrayProps): ReactElement {
  const { status, fraction, problem, isWorthRepeating = true } = upload;
  const hasFailed = status === 'failed';
  const tray = useRef<HTMLElement>(null);
  usePassOnFocus(tray, pickButtonOf);
  return (
    <section className="tray" aria-label="Picture" ref={tray}>
      <Preview picture={picture} />
      <div className="tray-text">
        <p className="filename">{picture.name}</p>
        {hasFailed ? (
          <p className="tray-problem" role="alert">
            {problem ?? 'The picture could not be sent.'}
          </p>
        ) : (
          <>
            <progress
              aria-label={`Sending ${picture.name}`}
              max={1}
              {...(fraction !== null && { value: fraction })}
            />
            <p className="tray-status">{stepOf(fraction)}</p>
          </>
        )}
      </div>
      <div className="tray-buttons">
        {hasFailed && isWorthRepeating && (
          <button type="button" className="plain" onClick={() => upload.send(picture)}>
            Try again
          </button>
        )}
        {status !== 'finishing' && (
          <button type="button" className="plain" onClick={hasFailed ? upload.dismiss : upload.cancel}>
            {hasFailed ? 'Discard' : 'Cancel'}
          </button>
        )}
      </div>
    </section>
  );
}

function pickButtonOf(tray: HTMLElement): HTMLElement | null | undefined {
  return tray.parentElement?.querySelector<HTMLElement>('.pick');
}

function stepOf(fraction: number | null): string {
  if (fraction === null) return 'Preparing…';
  return fraction < 1 ? `Sending… ${Math.floor(fraction * 100)} %` : 'Almost there…';
}

function Preview({ picture }: { readonly picture: File }): ReactElement {
  const [address, setAddress] = useState<string | null>(null);
  const [isShown, setShown] = useState(true);
  useEffect(() => {
    const made = URL.createObjectURL(picture);
    setAddress(made);
    setShown(true);
    return () => URL.revokeObjectURL(made);
  }, [picture]);
  return (
    <span className="preview">
      {!isShown && <BrokenPictureIcon />}
      {address !== null && isShown && (
        <img className="preview-picture" src={address} alt="" onError={() => setShown(false)} />
      )}
    </span>
  );
}
