/** Drawn here, so that nothing is loaded for them. They say nothing by themselves: what they stand in has a name. */
import type { ReactElement, ReactNode } from 'react';

function Icon({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export function PictureIcon(): ReactElement {
  return (
    <Icon>
      <rect x="3" y="4" width="18" height="16" rx="3" />
      <circle cx="8.5" cy="9.5" r="1.6" />
      <path d="m4 18 5-5 3.5 3.5L16 13l4.5 4.5" />
    </Icon>
  );
}

export function BrokenPictureIcon(): ReactElement {
  return (
    <Icon>
      <path d="M6 4h12a3 3 0 0 1 3 3v10M3 7v10a3 3 0 0 0 3 3h12" />
      <path d="m3 3 18 18" />
    </Icon>
  );
}

export function SendIcon(): ReactElement {
  return (
    <Icon>
      <path d="M12 19V5M5.5 11.5 12 5l6.5 6.5" />
    </Icon>
  );
}

export function DeleteIcon(): ReactElement {
  return (
    <Icon>
      <path d="M4 7h16M10 11v6M14 11v6M6 7l1 12a2 2 0 0 0 2 2h6a2 2 0 0 0 2-2l1-12M9 7V5a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v2" />
    </Icon>
  );
}

export function CloseIcon(): ReactElement {
  return (
    <Icon>
      <path d="m6 6 12 12M18 6 6 18" />
    </Icon>
  );
}

export function DownIcon(): ReactElement {
  return (
    <Icon>
      <path d="M12 5v14M5.5 12.5 12 19l6.5-6.5" />
    </Icon>
  );
}

export function ChatIcon(): ReactElement {
  return (
    <Icon>
      <path d="M20 12a8 8 0 0 1-8 8H5.5a1 1 0 0 1-.8-1.6L6 16.6A8 8 0 1 1 20 12Z" />
      <path d="M9 10.5h6M9 13.5h4" />
    </Icon>
  );
}
