const limit = (speed: number) => `red and white circle ${speed} kph speed limit`;
const triangle = (what: string) => `red and white triangle ${what}`;
const blue = (what: string) => `blue circle with white ${what}`;

/** What CLIP is told for GTSRB's classes 0 to 42 (https://github.com/openai/CLIP/blob/main/data/prompts.md), misspellings as there. */
export const gtsrbNames: readonly string[] = [
  ...[20, 30, 50, 60, 70, 80].map(limit),
  'end / de-restriction of 80 kph speed limit',
  ...[100, 120].map(limit),
  'red and white circle red car and black car no passing',
  'red and white circle red truck and black car no passing',
  triangle('road intersection warning'),
  'white and yellow diamond priority road',
  'red and white upside down triangle yield right-of-way',
  'stop',
  'empty red and white circle',
  'red and white circle no truck entry',
  'red circle with white horizonal stripe no entry',
  triangle('with exclamation mark warning'),
  ...['left', 'right', 'double'].map((way) =>
    triangle(`with black ${way} curve approaching warning`),
  ),
  triangle('rough / bumpy road warning'),
  triangle('car skidding / slipping warning'),
  triangle('with merging / narrow lanes warning'),
  triangle('with person digging / construction / road work warning'),
  triangle('with traffic light approaching warning'),
  triangle('with person walking warning'),
  triangle('with child and person walking warning'),
  triangle('with bicyle warning'),
  triangle('with snowflake / ice warning'),
  triangle('with deer warning'),
  'white circle with gray strike bar no speed limit',
  blue('right turn arrow mandatory'),
  blue('left turn arrow mandatory'),
  blue('forward arrow mandatory'),
  blue('forward or right turn arrow mandatory'),
  blue('forward or left turn arrow mandatory'),
  blue('keep right arrow mandatory'),
  blue('keep left arrow mandatory'),
  blue('arrows indicating a traffic circle'),
  'white circle with gray strike bar indicating no passing for cars has ended',
  'white circle with gray strike bar indicating no passing for trucks has ended',
];
