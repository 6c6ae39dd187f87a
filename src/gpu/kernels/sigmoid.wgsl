// 1 / (1 + e^−x). WGSL leaves open what an overflow is: e^87 is none, and its inverse a normal number.
fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(min(-x, 87.0)));
}
