/** Who one is: nobody signs in, so each tab is somebody. */
import { useState } from 'react';

const key = 'chat-name';

/** `User 1234`, for as long as the tab lives. */
export function useRandomName(): string {
  const [name] = useState(() => {
    const drawn = `User ${1_000 + Math.floor(Math.random() * 9_000)}`;
    try {
      const known = sessionStorage.getItem(key) ?? drawn;
      sessionStorage.setItem(key, known);
      return known;
    } catch {
      // A browser that keeps nothing for us: somebody else after a reload.
      return drawn;
    }
  });
  return name;
}
