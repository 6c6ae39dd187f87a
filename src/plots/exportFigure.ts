import { unsupported } from '../errors.ts';
import { type Mark, taskColour, taskShape } from '../ui/taskMarks.ts';

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
  'font-variant-numeric',
];
const dropped = ['class', 'style', 'tabindex', 'role', 'data-cell'];
const namespace = 'http://www.w3.org/2000/svg';
const margin = 16;
const headHeight = 28;
const legendHeight = 32;
const letterWidth = 7.6;
const titleLetterWidth = 9;

/** The figure as a file of its own: title above, legend below, computed styles as attributes, the theme's surface behind. */
export function svgText(svg: SVGSVGElement, title: string, legend: readonly Mark[]): string {
  const file = compose(svg, title, legend);
  svg.after(file);
  inlineStyles(file);
  file.remove();
  return new XMLSerializer().serializeToString(file);
}

function compose(svg: SVGSVGElement, title: string, legend: readonly Mark[]): SVGSVGElement {
  const size = svg.viewBox.baseVal;
  const marks = create('g', { transform: `translate(0 ${size.height + legendHeight - 12})` });
  let x = 0;
  for (const { label, slot } of legend) {
    const [d, fill] = [taskShape(slot), taskColour(slot)];
    const place = `translate(${x} 0)`;
    marks.append(create('path', { d, fill, 'fill-rule': 'evenodd', transform: place }));
    marks.append(create('text', { x: x + 20, y: 10 }, label));
    x += 44 + letterWidth * label.length;
  }
  const width = Math.max(size.width, x, titleLetterWidth * title.length) + 2 * margin;
  const height = size.height + headHeight + (legend.length ? legendHeight : 0) + 2 * margin;
  const [left, top] = [-margin, -margin - headHeight];
  const file = create('svg', { viewBox: `${left} ${top} ${width} ${height}`, width, height });
  file.append(
    create('title', {}, title),
    create('rect', { x: left, y: top, width, height, fill: surfaceColour(svg) }),
    create('text', { x: 0, y: -14, 'font-size': 14, 'font-weight': 600 }, title),
    ...[...svg.children].map((child) => child.cloneNode(true)),
    marks,
  );
  file.style.font = '12px var(--font)';
  file.style.fill = 'var(--text)';
  return file;
}

function create<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Record<string, string | number> = {},
  text = '',
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

function inlineStyles(file: SVGSVGElement): void {
  const elements = [...file.querySelectorAll(':not(title)')];
  const computed = elements.map((element) => {
    const style = getComputedStyle(element);
    return styles.map((name) => [name, style.getPropertyValue(name)] as const);
  });
  elements.forEach((element, i) => {
    for (const [name, value] of computed[i] ?? []) element.setAttribute(name, value);
  });
  for (const element of [file, ...elements])
    for (const name of dropped) element.removeAttribute(name);
}

function surfaceColour(element: Element): string {
  for (let at: Element | null = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/^(transparent|rgba\(.*, 0\))$/.test(colour)) return colour;
  }
  return '#ffffff';
}

const pixelsPerUnit = 2;

/** An SVG file as a PNG image, at twice its size. */
export async function pngOf(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = Math.ceil(image.naturalWidth * pixelsPerUnit);
    canvas.height = Math.ceil(image.naturalHeight * pixelsPerUnit);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
    if (png) return png;
  } finally {
    URL.revokeObjectURL(url);
  }
  throw unsupported('The figure is too large for a PNG image. Save it as SVG.');
}
