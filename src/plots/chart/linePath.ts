/** The `d` of a path through points in order; null leaves a gap. */
export function linePath(points: readonly (readonly [x: number, y: number] | null)[]): string {
  return points
    .map((point, i) => {
      if (!point) return '';
      const [x, y] = point;
      return `${points[i - 1] ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
