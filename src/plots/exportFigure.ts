import type { Table } from './tables.ts';

const styles = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'dominant-baseline',
  'font-variant-numeric',
];

/** The figure as a file of its own: computed styles become attributes, the theme's surface its background. */
export function svgText(svg: SVGSVGElement, title: string): string {
  const copy = svg.cloneNode(true);
  if (!(copy instanceof SVGSVGElement)) throw new TypeError('not an SVG element');
  const from = [...svg.querySelectorAll('*')];
  [...copy.querySelectorAll('*')].forEach((element, i) => {
    const original = from[i];
    if (!original) return;
    const computed = getComputedStyle(original);
    for (const name of styles) element.setAttribute(name, computed.getPropertyValue(name));
    for (const name of ['class', 'style', 'tabindex']) element.removeAttribute(name);
  });
  const { width, height } = svg.viewBox.baseVal;
  const namespace = 'http://www.w3.org/2000/svg';
  const heading = document.createElementNS(namespace, 'title');
  heading.textContent = title;
  const ground = document.createElementNS(namespace, 'rect');
  ground.setAttribute('width', String(width));
  ground.setAttribute('height', String(height));
  ground.setAttribute('fill', surfaceColour(svg));
  copy.prepend(heading, ground);
  for (const { name } of [...copy.attributes]) if (name !== 'viewBox') copy.removeAttribute(name);
  copy.setAttribute('xmlns', namespace);
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height));
  return new XMLSerializer().serializeToString(copy);
}

function surfaceColour(element: Element): string {
  for (let at: Element | null = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/^(transparent|rgba\(.*, 0\))$/.test(colour)) return colour;
  }
  return '#ffffff';
}

/** RFC 4180; numbers are written in full. */
export function csvText({ columns, rows }: Table): string {
  const cell = (value: string | number) => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return (
    [columns.map(({ label }) => label), ...rows]
      .map((row) => row.map(cell).join(','))
      .join('\r\n') + '\r\n'
  );
}
