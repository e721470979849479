/** Three cells of a grid that hold something, and one that does not any more. */
export const logo =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path fill='#d64292' d='M1 1h6v6H1zm8 0h6v6H9zM1 9h6v6H1z'/><path fill='none' stroke='#d64292' stroke-width='1.5' d='M9.75 9.75h4.5v4.5h-4.5z'/></svg>";

export const icon = `data:image/svg+xml,${encodeURIComponent(logo)}`;
