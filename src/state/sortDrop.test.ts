import { describe, expect, it } from 'vitest';
import { guessFiles, pairFiles, sortDrop } from './sortDrop.ts';

const drop = (...paths: string[]) => paths.map((path) => ({ path, file: new File([], 'x') }));
const sorted = (paths: string[], wanted: string[] = []) => {
  const { models, data } = sortDrop(drop(...paths), wanted);
  return {
    models: models.map(({ path }) => path),
    data: Object.fromEntries(data.map(({ name, files }) => [name, files.map(({ path }) => path)])),
  };
};

describe('what was dropped', () => {
  it('takes tables beside a model as data, and leaves its own files', () => {
    const own = ['model.safetensors', 'config.json', 'vocab.txt', 'merges.txt', 'notes.txt'];
    expect(
      sorted([
        ...own.map((name) => `models/sst2/${name}`),
        'models/sst2/train.jsonl',
        'x/test.csv',
      ]),
    ).toEqual({
      models: own.map((name) => `models/sst2/${name}`),
      data: {
        'sst2/train.jsonl': ['models/sst2/train.jsonl'],
        'x/test.csv': ['x/test.csv'],
      },
    });
  });

  it('takes plain text as data where it lies alone or says that it holds examples', () => {
    expect(sorted(['corpus.txt', 'gpt2/model.safetensors', 'gpt2/train.txt']).data).toEqual({
      'corpus.txt': ['corpus.txt'],
      'gpt2/train.txt': ['gpt2/train.txt'],
    });
    expect(sorted(['README.txt', 'vocab.txt']).models).toEqual(['README.txt', 'vocab.txt']);
  });

  it('takes JSON as data where its name says that it holds examples, or it is asked for', () => {
    const own = ['model.safetensors', 'config.json', 'tokenizer.json', 'trainer_state.json'];
    const models = [...own, 'train_results.json', 'dolly.json'].map((name) => `gpt2/${name}`);
    const data = { 'gpt2/alpaca_data.json': ['gpt2/alpaca_data.json'] };
    expect(sorted([...models, 'gpt2/alpaca_data.json'])).toEqual({ models, data });
    expect(sorted(['dolly.json'], ['dolly.json']).data).toEqual({ 'dolly.json': ['dolly.json'] });
    const alone = ['dolly.json', 'generation_config.json'];
    expect(sorted(alone).data).toEqual({ 'dolly.json': ['dolly.json'] });
    expect(sorted([...alone, 'model.safetensors']).data).toEqual({});
    expect(sorted(['EuroSAT/label_map.json', 'EuroSAT/a/1.jpg']).data).toEqual({
      EuroSAT: ['EuroSAT/a/1.jpg'],
    });
  });

  it('takes a zip of weights for a model', () => {
    const files = ['agent.zip', 'images.zip'].map((path) => ({ path, file: new File([], path) }));
    const { models, data } = sortDrop(files, [], new Set(['agent.zip']));
    expect(models.map(({ path }) => path)).toEqual(['agent.zip']);
    expect(data.map(({ name }) => name)).toEqual(['images.zip']);
  });

  it('takes the lists and tables that lie beside images as theirs', () => {
    const dtd = ['dtd/images/banded/1.png', 'dtd/images/dotted/2.png', 'dtd/labels/train1.txt'];
    expect(sorted(dtd).data).toEqual({ dtd });
    const resisc = ['r/set/beach/1.png', 'r/set/lake/2.png', 'r/set/train.txt'];
    expect(sorted(resisc).data).toEqual({ 'r/set': resisc });
    const gtsrb = [0, 1].flatMap((kind) => [
      `g/Images/0000${kind}/1.ppm`,
      `g/Images/0000${kind}/GT-0000${kind}.csv`,
    ]);
    expect(Object.values(sorted(gtsrb).data).map((files) => files.toSorted())).toEqual([
      gtsrb.toSorted(),
    ]);
  });

  it('takes the annotations of unpacked Stanford Cars with its images', () => {
    const cars = [
      'd/stanford_cars/cars_train/00001.jpg',
      'd/stanford_cars/cars_test/00001.jpg',
      'd/stanford_cars/devkit/cars_meta.mat',
      'd/stanford_cars/devkit/cars_train_annos.mat',
      'd/stanford_cars/cars_test_annos_withlabels.mat',
    ];
    expect(sorted([...cars, 'd/svhn/test_32x32.mat']).data).toEqual({
      'd/stanford_cars': cars,
      'svhn/test_32x32.mat': ['d/svhn/test_32x32.mat'],
    });
  });

  it('takes the table of a split that lies above its images as theirs', () => {
    const train = [0, 1].flatMap((kind) => [
      `GTSRB/Final_Training/Images/0000${kind}/1.ppm`,
      `GTSRB/Final_Training/Images/0000${kind}/GT-0000${kind}.csv`,
    ]);
    const test = [1, 2].map((at) => `GTSRB/Final_Test/Images/0000${at}.ppm`);
    const unnamed = 'GTSRB/Final_Test/Images/GT-final_test.test.csv';
    for (const table of ['GTSRB/GT-final_test.csv', 'GT-final_test.csv']) {
      const [first, second, ...others] = sortDrop(
        [...train, ...test, unnamed, table].map((path) => ({ path, file: new File([], path) })),
        [],
      ).data;
      expect(others).toEqual([]);
      expect(first?.files).toHaveLength(4);
      expect(second?.name).toBe('Final_Test/Images');
      expect(second?.files.map(({ path }) => path)).toEqual([
        ...['Final_Test/Images/00001.ppm', 'Final_Test/Images/00002.ppm'],
        ...['Final_Test/Images/GT-final_test.test.csv', 'Final_Test/Images/GT-final_test.csv'],
      ]);
    }
    // Where classes have folders, or several sets are of the split, it is a table by itself.
    const classed = ['d/test/a/1.png', 'd/test/b/2.png', 'd/test.csv'];
    expect(Object.keys(sorted(classed).data)).toEqual(['d/test', 'd/test.csv']);
    const several = ['d/x/test/1.png', 'd/y/test/2.png', 'd/test.csv'];
    expect(Object.keys(sorted(several).data)).toContain('d/test.csv');
  });

  it('takes archives as data, together where they belong together', () => {
    const cars = ['d/cars_train.tgz', 'd/cars_test.tgz', 'd/car_devkit.tgz'];
    expect(sorted(cars).data).toEqual({ 'd/cars': cars });
    expect(sorted(['d/dtd.tar.gz', 'x/a.csv.gz']).data).toEqual({
      'd/dtd.tar.gz': ['d/dtd.tar.gz'],
      'x/a.csv.gz': ['x/a.csv.gz'],
    });
    expect(sorted(['d/cars_train.tgz', 'd/cars_test.tgz'], ['d/cars_test.tgz']).data).toEqual({
      'd/cars_test.tgz': ['d/cars_test.tgz'],
      'd/cars_train.tgz': ['d/cars_train.tgz'],
    });
  });

  it('joins a folder per class of images into one data set', () => {
    const files = [
      'eurosat/train/forest/1.png',
      'eurosat/train/lake/2.jpg',
      'eurosat/test/lake/3.png',
    ];
    expect(sorted(files).data).toEqual({
      'eurosat/train': files.slice(0, 2),
      'eurosat/test': files.slice(2),
    });
    expect(sorted(['cats/1.png', 'dogs/2.png']).data).toEqual({
      images: ['images/cats/1.png', 'images/dogs/2.png'],
    });
    const dropped = sorted(['Downloads/x/train/a/1.png']).data;
    expect(dropped).toEqual({ 'x/train': ['x/train/a/1.png'] });
  });

  it('keeps a table of image paths with the images it names', () => {
    expect(sorted(['d/labels.csv', 'd/1.png', 'd/2.png']).data).toEqual({
      d: ['d/1.png', 'd/2.png', 'd/labels.csv'],
    });
    expect(sorted(['d/labels.csv', 'd/images/1.png']).data).toEqual({
      d: ['d/images/1.png', 'd/labels.csv'],
    });
  });

  it('joins the parts of a table into one data set for each split', () => {
    const files = [
      'sst2/README.md',
      'sst2/data/train-00000-of-00002.parquet',
      'sst2/data/train-00001-of-00002.parquet',
      'sst2/data/validation-00000-of-00001.parquet',
      'rte/test/0000.parquet',
      'cr/train.csv',
    ];
    expect(sorted(files)).toEqual({
      models: [],
      data: {
        'sst2/train': files.slice(1, 3),
        'sst2/validation': files.slice(3, 4),
        'rte/test': files.slice(4, 5),
        'cr/train.csv': files.slice(5),
      },
    });
    const saved = [
      'd/train/data-00000-of-00001.arrow',
      'd/train/state.json',
      'd/dataset_dict.json',
    ];
    expect(sorted(saved)).toEqual({ models: [], data: { 'd/train': saved.slice(0, 1) } });
  });

  it('leaves a part alone that the recipe names', () => {
    const files = ['sst2/train-00000-of-00002.parquet', 'sst2/train-00001-of-00002.parquet'];
    expect(sorted(files, [files[1]!]).data).toEqual({
      'sst2/train': files.slice(0, 1),
      [files[1]!]: files.slice(1),
    });
  });

  it('takes a picture named after a split as a sheet of its own', () => {
    const own = ['digits/model.safetensors', 'digits/config.json'];
    const sheets = ['digits/train.png', 'digits/test.png', 'signs/test.png'];
    expect(sorted([...own, ...sheets])).toEqual({
      models: own,
      data: Object.fromEntries(sheets.map((path) => [path, [path]])),
    });
    expect(sorted(['vehicles/train/test.png', 'vehicles/train/2.png']).data).toEqual({
      vehicles: ['vehicles/train/test.png', 'vehicles/train/2.png'],
    });
  });

  it('asks nothing of the papers that lie beside data alone', () => {
    expect(sorted(['sst2/README.md', 'sst2/dataset_infos.json', 'sst2/train.csv'])).toEqual({
      models: [],
      data: { 'sst2/train.csv': ['sst2/train.csv'] },
    });
  });

  it('takes a head that the recipe names as data', () => {
    const files = ['m/model.safetensors', 'x/heads/cars.safetensors'];
    expect(sorted(files, ['heads/cars.safetensors'])).toEqual({
      models: ['m/model.safetensors'],
      data: { 'heads/cars.safetensors': ['x/heads/cars.safetensors'] },
    });
    expect(sorted(files).models).toEqual(files);
  });

  it('leaves the pictures of a model’s readme out', () => {
    expect(sorted(['m/model.safetensors', 'm/assets/plot.png']).data).toEqual({});
  });

  it('names data as the recipe does, and tells equal names apart', () => {
    expect(Object.keys(sorted(['a/b/few.jsonl', 'c/b/few.jsonl', 'z/few.csv']).data)).toEqual([
      'a/b/few.jsonl',
      'c/b/few.jsonl',
      'z/few.csv',
    ]);
    const published = [
      'd/gsm8k/main/test-00000-of-00001.parquet',
      'd/k-shot/SST-2/16-13/train.tsv',
    ];
    expect(Object.keys(sorted(published).data)).toEqual([
      'gsm8k/main/test',
      'SST-2/16-13/train.tsv',
    ]);
    expect(Object.keys(sorted(['x/glue/sst2/few.jsonl'], ['glue/sst2/few.jsonl']).data)).toEqual([
      'glue/sst2/few.jsonl',
    ]);
  });
});

describe('which data belong to a model', () => {
  const names = ['sst2/test.jsonl', 'sst2/train.jsonl', 'rte/train.jsonl', 'qqp_few64.csv'];

  it('takes those in its folder, or named after it', () => {
    expect(guessFiles('sst2', names)).toEqual({
      train: 'sst2/train.jsonl',
      test: 'sst2/test.jsonl',
    });
    expect(guessFiles('qqp', names)).toEqual({ train: 'qqp_few64.csv' });
    expect(guessFiles('mnli', names)).toEqual({});
  });

  it('pairs the splits of a data set in any order', () => {
    const splits = ['a/test', 'a/validation', 'a/train'];
    const paired = { train: 'a/train', test: 'a/test' };
    expect([pairFiles(splits), pairFiles(splits.toReversed())]).toEqual([paired, paired]);
    expect(pairFiles(splits.slice(1))).toEqual({ train: 'a/train', test: 'a/validation' });
  });

  it('does not train on a development set', () => {
    expect(guessFiles('a', ['a/dev.csv', 'a/test.csv', 'a/few.csv'])).toEqual({
      train: 'a/few.csv',
      test: 'a/test.csv',
    });
    expect(guessFiles('a', ['a/dev.csv', 'a/few.csv'])).toEqual({
      train: 'a/few.csv',
      test: 'a/dev.csv',
    });
  });
});
