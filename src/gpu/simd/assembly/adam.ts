/** As `adamStep.wgsl` does it without decay, of float32 at these addresses; `count` is a multiple of 4. */
export function adam(
  count: i32,
  gradient: usize,
  theta: usize,
  m: usize,
  v: usize,
  rate: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  correction1: f32,
  correction2: f32,
): void {
  const keep1 = f32x4.splat(beta1);
  const keep2 = f32x4.splat(beta2);
  const take1 = f32x4.splat(1 - beta1);
  const take2 = f32x4.splat(1 - beta2);
  const grow1 = f32x4.splat(correction1);
  const grow2 = f32x4.splat(correction2);
  const rates = f32x4.splat(rate);
  const least = f32x4.splat(epsilon);
  for (let at: usize = 0, end = <usize>(4 * count); at < end; at += 16) {
    const g = v128.load(gradient + at);
    const first = f32x4.add(f32x4.mul(keep1, v128.load(m + at)), f32x4.mul(take1, g));
    const squares = f32x4.mul(f32x4.mul(take2, g), g);
    const second = f32x4.add(f32x4.mul(keep2, v128.load(v + at)), squares);
    v128.store(m + at, first);
    v128.store(v + at, second);
    const size = f32x4.add(f32x4.sqrt(f32x4.mul(second, grow2)), least);
    const step = f32x4.div(f32x4.mul(first, grow1), size);
    v128.store(theta + at, f32x4.sub(v128.load(theta + at), f32x4.mul(rates, step)));
  }
}
