/** Line icons in a 20 × 20 box. */
export const icons = {
  library: 'M3 4.5h4v12H3zM7 4.5h4v12H7zM12.2 5l3.5-1 2 11.3-3.5.7z',
  merge: 'M4 3v3c0 3.5 6 3.5 6 7v4M16 3v3c0 3.5-6 3.5-6 7M7.5 14.5 10 17l2.5-2.5',
  results: 'M3 17h14M5 14V9M10 14V4M15 14v-7',
  learn: 'M2 7.5 10 4l8 3.5-8 3.5zM5 9v4.5c2.5 2 7.5 2 10 0V9M18 7.5V13',
  sun: 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.4 1.4M14.6 14.6 16 16M16 4l-1.4 1.4M5.4 14.6 4 16',
  moon: 'M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5Z',
  close: 'M5 5l10 10M15 5 5 15',
  pencil: 'M4 16l.8-3.5 8.5-8.5 2.7 2.7-8.5 8.5zM11.5 5.8l2.7 2.7',
  bin: 'M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5',
  link: 'M8.5 11.5a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3l-1 1M11.5 8.5a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3l1-1',
  download: 'M10 3v9.5M6 9l4 4 4-4M3.5 16.5h13',
  table: 'M3 4h14v12H3zM3 8h14M3 12h14M8 4v12',
  check: 'M4 10.5l4 4 8-9',
  alert: 'M10 3 18 16.5H2zM10 8v4M10 14v.2',
} as const;

export type IconName = keyof typeof icons;
